import type { Sql } from "../../shared/clients/postgres.ts";
import type { NewsCategory } from "../../shared/news/article.ts";
import type { Found } from "./found.ts";

export interface Sorted extends Found {
  readonly category: NewsCategory;
}

/** Which of these addresses the table has, also those deleted by hand. */
export async function knownUrls(sql: Sql, urls: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ url: string }[]>`
    select url from info.news_articles where url = any(${[...urls]}::text[])`;
  return new Set(rows.map(({ url }) => url));
}

/**
 * Upsert by address: title and snippet follow the source, media stay where the source has none now, time and category
 * stay as they were, and what was deleted by hand stays deleted. Returns how many articles are new.
 */
export async function saveArticles(sql: Sql, articles: readonly Sorted[]): Promise<number> {
  if (articles.length === 0) return 0;
  const rows = articles.map(({ hints: _hints, publishedMs, ...article }) => ({
    ...article,
    published_at: new Date(publishedMs).toISOString(),
  }));
  const saved = await sql<{ is_new: boolean }[]>`
    insert into info.news_articles as known (id, url, title, snippet, source, source_name, source_icon_url,
      thumbnail_url, video_url, category, keywords, ai_tag, published_at)
    select g.id, g.url, g.title, g.snippet, g.source, g.source_name, g.source_icon_url, g.thumbnail_url, g.video_url,
      g.category, g.keywords, g.ai_tag, date_trunc('milliseconds', g.published_at)
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as g (id text, url text, title text, snippet text,
      source text, source_name text, source_icon_url text, thumbnail_url text, video_url text, category text,
      keywords text[], ai_tag text, published_at timestamptz)
    -- an id of a source that gave it to two addresses: the first keeps it
    where not exists (select 1 from info.news_articles other where other.id = g.id and other.url <> g.url)
    order by g.url
    on conflict (url) do update set
      title = excluded.title, snippet = excluded.snippet, updated_at = now(),
      source_icon_url = coalesce(excluded.source_icon_url, known.source_icon_url),
      thumbnail_url = coalesce(excluded.thumbnail_url, known.thumbnail_url),
      video_url = coalesce(excluded.video_url, known.video_url),
      keywords = coalesce(excluded.keywords, known.keywords),
      ai_tag = coalesce(excluded.ai_tag, known.ai_tag)
    where not known.is_deleted
    returning xmax = 0 as is_new`;
  return saved.filter((row) => row.is_new).length;
}

/** Hides the articles that shipped as samples: there are real ones now. True when there were any. */
export async function hideSamples(sql: Sql): Promise<boolean> {
  const done = await sql`
    update info.news_articles set is_deleted = true, updated_at = now()
    where id like 'sample\_%' and not is_deleted`;
  return done.count > 0;
}

export async function hasArticles(sql: Sql): Promise<boolean> {
  const rows = await sql`select 1 from info.news_articles limit 1`;
  return rows.length > 0;
}
