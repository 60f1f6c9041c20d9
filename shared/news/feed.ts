import type { Redis } from "ioredis";
import type { Sql } from "../clients/postgres.ts";
import { keys } from "../keys.ts";
import { news as limits } from "../limits.ts";
import { type Article, type NewsList, newsLists } from "./article.ts";

/** A place in a list, newest first: the next page begins after it. Without id: before that millisecond. */
export interface Before {
  readonly ms: number;
  readonly id: string | undefined;
}

export interface PageWish {
  readonly list: NewsList;
  readonly source: string;
  readonly hasImage: boolean;
  readonly before: Before | undefined;
  readonly count: number;
}

/** Articles of the table, newest first. */
export async function selectArticles(sql: Sql, wish: PageWish): Promise<Article[]> {
  const { list, source, hasImage, before, count } = wish;
  // exact: a float of seconds would lose milliseconds
  const at = sql`(timestamptz 'epoch' + ${before?.ms ?? 0}::bigint * interval '1 millisecond')`;
  const earlier = !before
    ? sql``
    : before.id === undefined
      ? sql`and published_at < ${at}`
      : sql`and (published_at, id) < (${at}, ${before.id}::varchar collate "C")`;
  const rows = await sql<(Omit<Article, "published_at"> & { readonly published_at: Date })[]>`
    select id, title, url, snippet, source, source_name, published_at, thumbnail_url, category, source_icon_url,
      video_url, keywords, ai_tag
    from info.news_articles
    where not is_deleted ${earlier}
      ${list === "all" ? sql`` : sql`and category = ${list}`}
      ${source === "all" ? sql`` : sql`and source = ${source}`}
      ${hasImage ? sql`and thumbnail_url is not null` : sql``}
    order by published_at desc, id desc limit ${count}`;
  return rows.map((row) => ({ ...row, published_at: row.published_at.toISOString() }));
}

/**
 * Replaces the cached feed of a list by the newest rows, in one step for readers: built beside, then renamed. Its
 * articles outlive it, so that a feed that is there is whole.
 */
export async function rebuildFeed(sql: Sql, cache: Redis, list: NewsList): Promise<number> {
  const wish = { list, source: "all", hasImage: false, before: undefined, count: limits.feedRows };
  const articles = await selectArticles(sql, wish);
  const key = keys.newsFeed(list);
  if (articles.length === 0) {
    await cache.del(key);
    return 0;
  }
  const draft = `${key}:${crypto.randomUUID()}`;
  const step = cache.pipeline();
  for (const article of articles) {
    const at = keys.newsArticle(article.id);
    step.hset(at, "json", JSON.stringify(article)).expire(at, limits.articleTtlSeconds);
  }
  step
    .zadd(draft, ...articles.flatMap(({ id, published_at: at }) => [String(Date.parse(at)), id]))
    .expire(draft, limits.feedTtlSeconds)
    .rename(draft, key);
  for (const [error] of (await step.exec()) ?? []) if (error) throw error;
  return articles.length;
}

export async function rebuildFeeds(sql: Sql, cache: Redis): Promise<void> {
  for (const list of newsLists) await rebuildFeed(sql, cache, list);
}
