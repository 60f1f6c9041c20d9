-- Articles the collector found. Ids are compared byte by byte, as Redis does: pages of the cached feed and of this
-- table are one order.
create schema if not exists info;

create table info.news_articles (
  id varchar(64) collate "C" primary key,
  url text not null unique,
  title text not null,
  snippet text not null,
  source varchar(32) not null,
  source_name varchar(128) not null,
  source_icon_url text,
  thumbnail_url text,
  video_url text,
  category varchar(32) not null,
  keywords text[],
  ai_tag varchar(64),
  -- whole milliseconds: cursors carry them
  published_at timestamptz not null check (published_at = date_trunc('milliseconds', published_at)),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  is_deleted boolean not null default false
);

create index news_by_category on info.news_articles (category, published_at desc, id desc)
  where not is_deleted;
create index news_by_source on info.news_articles (source, published_at desc, id desc)
  where not is_deleted;
create index news_by_time on info.news_articles (published_at desc, id desc) where not is_deleted;
create index news_with_image on info.news_articles (published_at desc, id desc)
  where not is_deleted and thumbnail_url is not null;
