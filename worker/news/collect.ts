// One run of one source: ask, drop what came twice, sort, classify, find pictures, store, rebuild the feeds.
import type { Redis } from "ioredis";
import type { Failure } from "../../shared/apis/result.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { keys } from "../../shared/keys.ts";
import { news as limits } from "../../shared/limits.ts";
import { rebuildFeeds } from "../../shared/news/feed.ts";
import type { Reach } from "../outbound.ts";
import { classify } from "./classify.ts";
import type { Found, Source } from "./found.ts";
import { pageImage } from "./page-image.ts";
import { hideSamples, knownUrls, saveArticles, type Sorted } from "./save-articles.ts";

export interface CollectDeps {
  readonly sql: Sql;
  /** Redis-S: counts of calls must not be lost. */
  readonly store: Redis;
  /** Redis-C: the feeds. */
  readonly cache: Redis;
  readonly reach: Reach;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface Collected {
  readonly found: number;
  readonly added: number;
  /** Calls that failed: one feed of several may be dead. */
  readonly failures: readonly Failure[];
  /** Why nothing was asked. */
  readonly skipped: "quota" | "hold" | undefined;
}

/** Throws what the stores throw; a source that fails is part of the result. */
export async function collect(
  deps: CollectDeps,
  source: Source,
  signal: AbortSignal,
): Promise<Collected> {
  const { sql, store, cache } = deps;
  const failures: Failure[] = [];
  const none = { found: 0, added: 0, failures };
  if ((await store.exists(keys.newsHold(source.name))) > 0) return { ...none, skipped: "hold" };
  const found: Found[] = [];
  for (const call of source.calls) {
    if (!(await mayCall(deps, source))) {
      if (found.length === 0) return { ...none, skipped: "quota" };
      break;
    }
    const result = await call(signal);
    if (result.ok) found.push(...result.data);
    else failures.push(result);
    if (!result.ok && result.kind === "quota") {
      await store.set(keys.newsHold(source.name), "1", "EX", limits.holdSeconds);
      break;
    }
  }
  const articles = await withPictures(deps, distinct(found), signal);
  const added = await saveArticles(sql, articles);
  if (articles.length > 0) await hideSamples(sql);
  // also without anything new: feeds last an hour, and titles may have changed
  if (articles.length > 0) await rebuildFeeds(sql, cache);
  return { found: articles.length, added, failures, skipped: undefined };
}

/** Counts a call before it is made. The day is UTC's, as the sources' is at least as long. */
async function mayCall(
  { store, nowMs }: CollectDeps,
  { name, callsPerDay }: Source,
): Promise<boolean> {
  if (callsPerDay === undefined) return true;
  const key = keys.newsCalls(name, new Date(nowMs()).toISOString().slice(0, 10));
  const calls = await store.incr(key);
  if (calls === 1) await store.expire(key, 2 * 86_400);
  return calls <= callsPerDay;
}

/** The newest of each address and id, newest first, no more than a run may bring. */
function distinct(found: readonly Found[]): Found[] {
  const byUrl = new Map<string, Found>();
  const ids = new Set<string>();
  for (const one of found.toSorted((a, b) => b.publishedMs - a.publishedMs)) {
    if (byUrl.has(one.url) || ids.has(one.id)) continue;
    byUrl.set(one.url, one);
    ids.add(one.id);
    if (byUrl.size === limits.perRun) break;
  }
  return [...byUrl.values()];
}

/** Classified, and with the pictures their pages name; pages already stored are not asked again. */
async function withPictures(
  { sql, reach }: CollectDeps,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<Sorted[]> {
  const known = await knownUrls(
    sql,
    found.map(({ url }) => url),
  );
  const pictures = new Map<string, string | null>();
  const wanted = found.filter(({ url, thumbnail_url: has }) => has === null && !known.has(url));
  const ask = async () => {
    for (let one = wanted.shift(); one && !signal.aborted; one = wanted.shift())
      pictures.set(one.url, await pageImage(reach, one.url, signal));
  };
  await Promise.all(Array.from({ length: limits.pagesAtOnce }, ask));
  return found.map((one) => ({
    ...one,
    category: classify(one),
    thumbnail_url: one.thumbnail_url ?? pictures.get(one.url) ?? null,
  }));
}
