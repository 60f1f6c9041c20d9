// A page of news: from the cached feed as far as it reaches, then from the table, in one order.
import type { Redis } from "ioredis";
import type { Clock } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { keys } from "../../shared/keys.ts";
import { news as limits } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import type { Article, NewsList } from "../../shared/news/article.ts";
import { type Before, rebuildFeed, selectArticles } from "../../shared/news/feed.ts";
import { query, within } from "../stores.ts";

interface Stores {
  readonly sql: Sql;
  /** Redis-C. */
  readonly cache: Redis;
  readonly clock: Clock;
  readonly log: Log;
}

export interface NewsWish {
  readonly list: NewsList;
  readonly source: string;
  readonly hasImage: boolean;
  readonly before: Before | undefined;
  readonly limit: number;
}

export interface NewsPage {
  readonly articles: readonly Article[];
  /** Where the next page begins, if there is one. */
  readonly next: Before | undefined;
  readonly meta: { readonly total_cached: number; readonly cache_expires_in: number };
}

export async function readPage(stores: Stores, wish: NewsWish): Promise<NewsPage> {
  const wanted = wish.limit + 1; // one more tells whether there is a next page
  const cached = await fromFeed(stores, wish, wanted).catch(() => undefined);
  const found = [...(cached?.articles ?? [])];
  const isWhole = found.length >= wanted;
  if (!isWhole) {
    const rest = { ...wish, before: cached?.at ?? wish.before, count: wanted - found.length };
    found.push(...(await query(selectArticles(stores.sql, rest))));
  }
  const articles = found.slice(0, wish.limit);
  const last = articles.at(-1);
  return {
    articles,
    next: last && found.length > wish.limit ? placeOf(last) : undefined,
    meta:
      isWhole && cached
        ? { total_cached: cached.total, cache_expires_in: cached.ttlSeconds }
        : { total_cached: await countArticles(stores, wish.list), cache_expires_in: 0 },
  };
}

function placeOf({ published_at: at, id }: Article): Before {
  return { ms: Date.parse(at), id };
}

interface Cached {
  readonly articles: readonly Article[];
  /** How far the feed was looked through. */
  readonly at: Before | undefined;
  readonly total: number;
  readonly ttlSeconds: number;
}

/** Undefined when there is no feed. An article that is missing ends what the feed can say. */
async function fromFeed(
  stores: Stores,
  { list, source, hasImage, before }: NewsWish,
  wanted: number,
): Promise<Cached | undefined> {
  const { cache } = stores;
  if (cache.status !== "ready") return undefined;
  const key = keys.newsFeed(list);
  const max =
    before === undefined ? "+inf" : before.id === undefined ? `(${before.ms}` : `${before.ms}`;
  const size = Math.max(wanted, limits.feedChunk);
  const articles: Article[] = [];
  let at = before;
  let total = 0;
  let ttlSeconds = 0;
  for (let round = 0; round < limits.feedRounds && articles.length < wanted; round++) {
    const step = cache
      .pipeline()
      .zrevrangebyscore(key, max, "-inf", "WITHSCORES", "LIMIT", round * size, size);
    if (round === 0) step.zcard(key).ttl(key);
    const [page, card, ttl] = await answersOf(step.exec());
    if (round === 0) {
      total = Number(card);
      ttlSeconds = Math.max(0, Number(ttl));
      if (total === 0) {
        refill(stores, list);
        return undefined;
      }
    }
    const flat = page as string[];
    const places = pairs(flat).filter((place) => isAfter(place, at));
    const texts =
      places.length === 0
        ? []
        : await answersOf(
            places
              .reduce(
                (gets, { id }) => gets.hget(keys.newsArticle(id ?? ""), "json"),
                cache.pipeline(),
              )
              .exec(),
          );
    for (const [i, place] of places.entries()) {
      const text = texts[i];
      if (typeof text !== "string") return { articles, at, total, ttlSeconds };
      at = place;
      const article = JSON.parse(text) as Article; // our own words
      const fits =
        (source === "all" || article.source === source) &&
        (!hasImage || article.thumbnail_url !== null);
      if (fits) articles.push(article);
      if (articles.length === wanted) break;
    }
    if (flat.length < 2 * size) break; // the feed's end
  }
  return { articles, at, total, ttlSeconds };
}

/** Members of one score come in falling order of their bytes, as the table's ids do. */
function isAfter(place: Before, before: Before | undefined): boolean {
  if (before?.id === undefined || place.ms < before.ms) return true;
  return Buffer.compare(Buffer.from(place.id ?? ""), Buffer.from(before.id)) < 0;
}

function pairs(flat: readonly string[]): Before[] {
  const places: Before[] = [];
  for (let i = 0; i < flat.length; i += 2)
    places.push({ id: flat[i] ?? "", ms: Number(flat[i + 1]) });
  return places;
}

async function answersOf(reply: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  const answers = await within(limits.cacheMs, reply, "the news cache");
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

/** One process at a time, in the background: this reader has the table. */
function refill({ sql, cache, log }: Stores, list: NewsList): void {
  const work = async () => {
    const lock = await cache.set(keys.newsLock(list), "1", "EX", limits.refillLockSeconds, "NX");
    if (lock === "OK") await rebuildFeed(sql, cache, list);
  };
  work().catch((error: unknown) => log.warn("news feed not filled", { error }));
}

const counts = new Map<NewsList, { readonly n: number; readonly at: number; readonly sql: Sql }>();

/** Counting reads a whole index, so it is done once a minute. */
async function countArticles({ sql, clock }: Stores, list: NewsList): Promise<number> {
  const known = counts.get(list);
  const now = clock.monotonicMs();
  if (known && known.sql === sql && now - known.at < limits.countMs) return known.n;
  const [row] = await query(sql<{ n: number }[]>`
    select count(*)::int as n from info.news_articles
    where not is_deleted ${list === "all" ? sql`` : sql`and category = ${list}`}`);
  const n = row?.n ?? 0;
  counts.set(list, { n, at: now, sql });
  return n;
}
