import { afterAll, beforeEach, expect, test } from "bun:test";
import { succeed } from "../../shared/apis/result.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { keys } from "../../shared/keys.ts";
import { openLocks } from "../../shared/lock/lock.ts";
import { createLog } from "../../shared/log.ts";
import { Registry } from "../../shared/prom.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { fakeNaver, fakePress, type NaverItem, naverErrors } from "../../tests/fakes/fake-news.ts";
import { outbound } from "../outbound.ts";
import { collect } from "./collect.ts";
import type { Source } from "./found.ts";
import { createNewsMetrics } from "./open-news.ts";
import { collectNews } from "./schedule.ts";
import { naverNews } from "./sources/naver.ts";

describeWith("redis", "postgres")("collecting news", async () => {
  const [server, database] = await Promise.all([startRedis(), testDatabase()]);
  const said: string[] = [];
  const log = createLog((line) => said.push(line));
  const redis = openRedis(server.url, "test", "request", log);
  const sql = openPostgres(database.url, "test");
  let items: NaverItem[] = [];
  const naver = fakeNaver(() => items);
  const press = fakePress({
    "/with": '<html><head><meta property="og:image" content="/p.png"></head></html>',
    "/without": "<html></html>",
  });
  const { port } = new URL(press.baseUrl);
  // an internet of our own: press.example is the fake, intern.example is in the house
  const reach = outbound({ accept: "text/html" }, 5, {
    resolve: async (host) => [host === "intern.example" ? "10.0.0.1" : "203.0.113.7"],
    isAllowed: (address) => address === "203.0.113.7",
    dial: () => ({ host: "127.0.0.1", port: Number(port) }),
  });
  const deps = { sql, store: redis, cache: redis, reach, nowMs: () => Date.now() };
  const source = (over: Partial<Source> = {}): Source => ({
    name: "naver",
    everyMs: 60_000,
    calls: [
      naverNews(
        { clientId: "id", clientSecret: "secret", baseUrl: naver.baseUrl, retries: 0 },
        "x",
      ),
    ],
    callsPerDay: 25_000,
    ...over,
  });
  const { signal } = new AbortController();
  afterAll(async () => {
    await Promise.all([closeRedis(redis), sql.end({ timeout: 1 }), naver.stop(), press.stop()]);
    await Promise.all([server.stop(), database.drop()]);
  });
  beforeEach(async () => {
    naver.trouble(undefined);
    await Promise.all([sql`truncate info.news_articles`, redis.flushdb()]);
    said.length = 0;
  });
  const item = (
    path: string,
    title = "재활용",
    pubDate = "Sun, 18 Jan 2026 09:30:00 +0900",
  ): NaverItem => ({
    title,
    originallink: `http://press.example/${path}`,
    description: "요약",
    pubDate,
  });
  const stored =
    () => sql`select url, title, thumbnail_url, category, published_at from info.news_articles
    where not is_deleted order by published_at desc, id desc`;

  test("what came twice is one article; pictures come from the pages, never from inside the house", async () => {
    items = [
      item("with"),
      item("with"),
      item("without", "태양광"),
      { ...item("x"), originallink: "http://intern.example/with" },
    ];
    const both = source({ calls: [...source().calls, ...source().calls] });
    expect(await collect(deps, both, signal)).toEqual({
      found: 3,
      added: 3,
      failures: [],
      skipped: undefined,
    });
    const rows = await stored();
    const pictures = Object.fromEntries(rows.map((row) => [row["url"], row["thumbnail_url"]]));
    expect(pictures).toEqual({
      "http://press.example/with": "http://press.example/p.png",
      "http://press.example/without": null,
      "http://intern.example/with": null,
    });
    expect(rows.find(({ title }) => title === "태양광")?.["category"]).toBe("energy");
    expect(await redis.zcard(keys.newsFeed("all"))).toBe(3);
    expect(await redis.zcard(keys.newsFeed("energy"))).toBe(1);
    const pagesAsked = press.seen.length;
    expect(await collect(deps, both, signal)).toMatchObject({ found: 3, added: 0 });
    expect(press.seen.length).toBe(pagesAsked); // known ones are not asked again
  });

  test("again: title and snippet follow, picture and time stay, what was deleted by hand stays deleted", async () => {
    items = [item("with"), item("without")];
    await collect(deps, source(), signal);
    await sql`update info.news_articles set is_deleted = true where url like '%without'`;
    items = [
      item("with", "새 제목", "Sun, 18 Jan 2026 11:30:00 +0900"),
      item("without", "새 제목"),
    ];
    expect(await collect(deps, source(), signal)).toMatchObject({ added: 0 });
    expect(await stored()).toMatchObject([
      {
        title: "새 제목",
        thumbnail_url: "http://press.example/p.png",
        published_at: new Date("2026-01-18T00:30:00Z"),
      },
    ]);
    expect(await redis.zcard(keys.newsFeed("all"))).toBe(1);
  });

  test("a source that failed leaves the feed and the table as they were", async () => {
    items = [item("with")];
    await collect(deps, source(), signal);
    naver.trouble("html");
    expect(await collect(deps, source(), signal)).toMatchObject({
      found: 0,
      failures: [{ kind: "upstream" }],
    });
    expect([(await stored()).length, await redis.zcard(keys.newsFeed("all"))]).toEqual([1, 1]);
  });

  test("the day's number of calls is kept, and a source that says too often is left alone", async () => {
    items = [item("without")];
    const scarce = source({ callsPerDay: 1 });
    expect(await collect(deps, scarce, signal)).toMatchObject({ found: 1, skipped: undefined });
    const asked = naver.seen.length;
    expect(await collect(deps, scarce, signal)).toMatchObject({ skipped: "quota" });
    naver.trouble(naverErrors.rate);
    expect(await collect(deps, source(), signal)).toMatchObject({ failures: [{ kind: "quota" }] });
    expect(await collect(deps, source(), signal)).toMatchObject({ skipped: "hold" });
    expect(naver.seen.length).toBe(asked + 1);
    expect(await redis.ttl(keys.newsHold("naver"))).toBeGreaterThan(800);
  });

  test("two addresses under one id: the first keeps it", async () => {
    const found = {
      id: "same",
      url: "http://press.example/a",
      title: "a",
      snippet: "",
      source: "newsdata",
      source_name: "p",
      source_icon_url: null,
      thumbnail_url: "http://x.example/1",
      video_url: null,
      keywords: null,
      ai_tag: null,
      publishedMs: Date.now(),
      hints: [],
    } as const;
    const call = (url: string) =>
      source({ calls: [() => Promise.resolve(succeed([{ ...found, url }]))] });
    await collect(deps, call("http://press.example/a"), signal);
    await collect(deps, call("http://press.example/b"), signal);
    expect(await stored()).toMatchObject([{ url: "http://press.example/a" }]);
  });

  test("of many workers one asks in a period; samples fill an empty table until an article comes", async () => {
    items = [];
    const stop = new AbortController();
    const locks = openLocks({ redis, namespace: "test" });
    const asked = naver.seen.length;
    const metrics = createNewsMetrics(new Registry());
    const all = { ...deps, ...metrics, locks, log, sources: [source()] };
    const workers = Array.from({ length: 5 }, () => collectNews(all, stop.signal));
    await until(async () => (await redis.zcard(keys.newsFeed("all"))) > 0);
    await until(() => naver.seen.length > asked);
    const [{ n } = { n: 0 }] = await sql<{ n: number }[]>`
      select count(*)::int as n from info.news_articles where title like '[예시]%'`;
    expect(n).toBeGreaterThanOrEqual(30);
    stop.abort();
    await Promise.all(workers);
    expect(naver.seen.length).toBe(asked + 1);
    items = [item("without")];
    await collect(deps, source(), signal);
    expect(await stored()).toHaveLength(1);
  });

  test("an outage is said once, and its end once", async () => {
    const stop = new AbortController();
    const metrics = createNewsMetrics(new Registry());
    let held = 0;
    // due at every look: the schedule's own lock is not what this is about
    const locks = {
      ...openLocks({ redis, namespace: "test" }),
      acquire: async () => ({ token: "", fence: ++held }),
    };
    naver.trouble(naverErrors.inside);
    const pauses = {
      ...deps,
      ...metrics,
      locks,
      log,
      sources: Array.from({ length: 6 }, () => source()),
    };
    const running = collectNews(pauses, stop.signal);
    await until(() => held === 6);
    stop.abort();
    await running;
    expect(said.filter((line) => line.includes("news source not read"))).toHaveLength(1);
  });
});
