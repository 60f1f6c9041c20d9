-- Whose pictures there are, so that they go when their owner goes. The pictures themselves are in the image store.
create schema if not exists images;

create table images.uploads (
  key text primary key,
  user_id uuid not null,
  channel text not null check (channel in ('chat', 'scan', 'my', 'generated')),
  created_at timestamptz not null default now(),
  -- when the bytes came; S3 does not tell
  stored_at timestamptz
);

create index uploads_by_user on images.uploads (user_id);
create index uploads_not_stored on images.uploads (created_at) where stored_at is null;
