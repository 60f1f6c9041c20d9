import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { keys } from "../../shared/keys.ts";
import { type Article, newsCategories, newsLists } from "../../shared/news/article.ts";
import { rebuildFeed, rebuildFeeds } from "../../shared/news/feed.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";

interface Page {
  readonly articles: readonly Article[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
  readonly meta: { readonly total_cached: number; readonly cache_expires_in: number };
}

describeWith("redis", "postgres")("news", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  const { sql, cache } = use.deps;
  const user = crypto.randomUUID();
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  const ask = async (query: Record<string, string | number | boolean> = {}) => {
    const asked = Object.entries(query).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const path = `/api/v1/info/news?${String(new URLSearchParams(asked))}`;
    const response = await use.send("GET", path, { user });
    return { status: response.status, body: (await response.json()) as Page & { code?: string } };
  };

  const epoch = Date.parse("2026-11-01T00:00:00Z");
  /** Few milliseconds for many articles: most share theirs with others. Ids in every order of bytes. */
  const rows = Array.from({ length: 320 }, (_, i) => ({
    id: `${["naver_", "N", "x-", "가".length, "_"][i % 5]}${(i * 7919) % 997}`,
    url: `https://press.example/${i}`,
    title: `제목 ${i}`,
    snippet: `"요약" ${i}`,
    source: i % 3 === 0 ? "newsdata" : "naver",
    source_name: "신문",
    category: newsCategories[Math.floor(i / 2) % 3],
    thumbnail_url: i % 17 === 0 ? `https://img.example/${i}.png` : null,
    keywords: i % 2 === 0 ? ["분리,배출", "재활용"] : null,
    published_at: new Date(epoch + Math.floor(i / 9) * 60_000 + (i % 2)).toISOString(),
    is_deleted: i % 50 === 49,
  }));
  const expected = (query: { category?: string; source?: string; has_image?: boolean } = {}) =>
    rows
      .filter((row) => !row.is_deleted)
      .filter(
        (row) => !query.category || query.category === "all" || row.category === query.category,
      )
      .filter((row) => !query.source || query.source === "all" || row.source === query.source)
      .filter((row) => !query.has_image || row.thumbnail_url !== null)
      .toSorted((a, b) =>
        a.published_at === b.published_at
          ? Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))
          : a.published_at < b.published_at
            ? 1
            : -1,
      )
      .map(({ id }) => id);
  beforeAll(async () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    await sql`insert into info.news_articles ${sql(rows as never)}`;
    await rebuildFeeds(sql, cache);
  });

  const wishes = fc.record({
    category: fc.constantFrom(...newsLists),
    source: fc.constantFrom("all", "naver", "newsdata", "rss"),
    has_image: fc.boolean(),
    limit: fc.integer({ min: 1, max: 50 }),
    /** Before which page the feed vanishes, or is built anew. */
    loses: fc.option(fc.nat(3), { nil: -1 }),
    rebuilds: fc.option(fc.nat(3), { nil: -1 }),
  });
  test("paging shows every article once, in order, across the cache's edge and its loss", async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async ({ loses, rebuilds, ...wish }) => {
        await rebuildFeed(sql, cache, wish.category);
        const seen: string[] = [];
        for (let cursor = "", page = 0; ; page++) {
          if (page === loses) await cache.del(keys.newsFeed(wish.category));
          if (page === rebuilds) await rebuildFeed(sql, cache, wish.category);
          const { status, body } = await ask({ ...wish, cursor });
          expect(status).toBe(200);
          seen.push(...body.articles.map(({ id }) => id));
          expect(body.articles.length).toBeLessThanOrEqual(wish.limit);
          expect(body.has_more).toBe(body.next_cursor !== null);
          if (body.next_cursor === null) break;
          expect(body.articles.length).toBe(wish.limit); // no short page before the last
          cursor = body.next_cursor;
        }
        expect(seen).toEqual(expected(wish));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("the client's first call: fields as it reads them, from the cache", async () => {
    await rebuildFeed(sql, cache, "all");
    const { body } = await ask({ limit: 10 });
    expect(body.articles.map(({ id }) => id)).toEqual(expected().slice(0, 10));
    expect(body.meta.total_cached).toBe(200);
    expect(body.meta.cache_expires_in).toBeGreaterThan(3500);
    const first = rows.find(({ id }) => id === body.articles[0]?.id);
    expect(body.articles[0]).toEqual({
      id: first?.id ?? "",
      title: first?.title ?? "",
      url: first?.url ?? "",
      snippet: first?.snippet ?? "",
      source: first?.source as "naver",
      source_name: "신문",
      published_at: first?.published_at ?? "",
      thumbnail_url: first?.thumbnail_url ?? null,
      category: first?.category ?? "ai",
      source_icon_url: null,
      video_url: null,
      keywords: first?.keywords ?? null,
      ai_tag: null,
    });
  });

  test("a miss is answered from the table at once, and fills the feed behind", async () => {
    await cache.del(keys.newsFeed("energy"), keys.newsLock("energy"));
    const { body } = await ask({ category: "energy", limit: 5 });
    expect(body.articles.map(({ id }) => id)).toEqual(expected({ category: "energy" }).slice(0, 5));
    expect(body.meta).toEqual({
      total_cached: expected({ category: "energy" }).length,
      cache_expires_in: 0,
    });
    await until(async () => (await cache.zcard(keys.newsFeed("energy"))) > 0);
    expect(await cache.ttl(keys.newsLock("energy"))).toBeGreaterThan(0);
  });

  test("an article that left the cache alone costs nothing but a look at the table", async () => {
    await rebuildFeed(sql, cache, "all");
    const [, second = ""] = expected();
    await cache.del(keys.newsArticle(second));
    const { body } = await ask({ limit: 10 });
    expect(body.articles.map(({ id }) => id)).toEqual(expected().slice(0, 10));
  });

  test("a bare millisecond is a cursor too: everything before it", async () => {
    const at = epoch + 5 * 60_000;
    const { body } = await ask({ cursor: at, limit: 50 });
    expect(body.articles.every(({ published_at: when }) => Date.parse(when) < at)).toBeTrue();
    expect(body.articles).toHaveLength(45);
  });

  test.each([
    [{ category: "sports" }, 400, "INVALID_CATEGORY"],
    [{ source: "daum" }, 400, "INVALID_SOURCE"],
    [{ cursor: "soon" }, 400, "INVALID_CURSOR_FORMAT"],
    [{ cursor: "1_" }, 400, "INVALID_CURSOR_FORMAT"],
    [
      { cursor: Buffer.from('{"t":"2026-01-01T00:00:00Z"}').toString("base64url") },
      400,
      "INVALID_CURSOR_FORMAT",
    ],
    [{ cursor: "9".repeat(30) }, 400, "INVALID_CURSOR_FORMAT"],
    [{ limit: 0 }, 422, "VALIDATION_ERROR"],
    [{ limit: 51 }, 422, "VALIDATION_ERROR"],
    [{ limit: "ten" }, 422, "VALIDATION_ERROR"],
    [{ has_image: "maybe" }, 422, "VALIDATION_ERROR"],
  ])("%p is %i %s", async (query, status, code) => {
    expect(await ask(query)).toMatchObject({ status, body: { code } });
  });

  test("a cursor of one list is a moment in another: only that list's older articles follow", async () => {
    const first = await ask({ category: "ai", limit: 7 });
    const cursor = first.body.next_cursor ?? "";
    const last = first.body.articles.at(-1);
    const at = Date.parse(last?.published_at ?? "");
    const isAfter = ({ published_at: when, id }: { published_at: string; id: string }) =>
      Date.parse(when) < at ||
      (Date.parse(when) === at && Buffer.compare(Buffer.from(id), Buffer.from(last?.id ?? "")) < 0);
    const wanted = rows
      .filter((row) => !row.is_deleted && row.category === "energy" && isAfter(row))
      .map(({ id }) => id);
    const { status, body } = await ask({ category: "energy", cursor, limit: 50 });
    expect(status).toBe(200);
    expect(body.articles.map(({ id }) => id)).toEqual(
      expected({ category: "energy" })
        .filter((id) => wanted.includes(id))
        .slice(0, 50),
    );
  });

  test("a cursor far away is an empty page without more", async () => {
    for (const cursor of ["0", "999999999999999_x"]) {
      const { body } = await ask({ cursor, category: "ai" });
      expect(body.has_more).toBe(cursor !== "0");
    }
  });

  test("the categories, under both of their names", async () => {
    for (const path of ["/api/v1/info/news/categories", "/api/v1/info/categories"]) {
      const response = await use.send("GET", path, { user });
      expect(await response.json()).toEqual({
        categories: [
          { id: "all", name: "전체" },
          { id: "environment", name: "환경" },
          { id: "energy", name: "에너지" },
          { id: "ai", name: "AI" },
        ],
      });
    }
  });
});
