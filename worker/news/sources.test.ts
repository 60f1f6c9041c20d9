import { afterAll, beforeEach, expect, test } from "bun:test";
import {
  atomFeed,
  fakeNaver,
  fakeNewsData,
  fakePress,
  type NaverItem,
  naverErrors,
  newsDataErrors,
  rssFeed,
} from "../../tests/fakes/fake-news.ts";
import { outbound } from "../outbound.ts";
import { naverNews } from "./sources/naver.ts";
import { newsDataNews } from "./sources/newsdata.ts";
import { rssNews } from "./sources/rss.ts";

let items: NaverItem[] = [];
let results: Record<string, unknown>[] = [];
const naver = fakeNaver(() => items);
const newsData = fakeNewsData(() => results);
const press = fakePress({
  "/rss.xml": rssFeed,
  "/atom.xml": atomFeed,
  "/page": "<!doctype html><html><head><title>x</title></head></html>",
  "/many.xml": `<?xml version="1.0"?><rss><channel>${"<item><title>a</title><link>https://p.example/x</link><pubDate>Sun, 18 Jan 2026 00:10:00 GMT</pubDate></item>".repeat(20_000)}</channel></rss>`,
  "/huge.xml": `<?xml version="1.0"?><rss>${" ".repeat(6_000_000)}</rss>`,
});
afterAll(() => Promise.all([naver.stop(), newsData.stop(), press.stop()]));
beforeEach(() => {
  items = [];
  results = [];
  for (const each of [naver, newsData, press]) each.trouble(undefined);
});
const { signal } = new AbortController();
const askNaver = naverNews(
  { clientId: "id", clientSecret: "secret", baseUrl: naver.baseUrl, retries: 0 },
  "재활용",
);
const askNewsData = newsDataNews(
  { key: "key", baseUrl: newsData.baseUrl, retries: 0 },
  "recycling",
);
// an internet of our own: cdn.example is the fake, intern.example is in the house
const reach = outbound({ accept: "text/xml" }, 5, {
  resolve: async (host) => [host === "cdn.example" ? "203.0.113.7" : "10.0.0.1"],
  isAllowed: (address) => address === "203.0.113.7",
  dial: () => ({ host: "127.0.0.1", port: Number(new URL(press.baseUrl).port) }),
});
const feed = (path: string) =>
  rssNews({ url: `${press.baseUrl}${path}`, reach, category: "ai", retries: 0 })(signal);

const item: NaverItem = {
  title: "<b>재활용</b> 시범 사업 &quot;확대&quot; &amp;quot;",
  originallink: "https://www.hani.co.kr/1",
  link: "https://n.news.naver.com/mnews/article/1",
  description: "요약 &lt;b&gt;굵게&lt;/b&gt;",
  pubDate: "Sun, 18 Jan 2026 09:30:00 +0900",
};

test("Naver: tags and entities are gone, the press is the original one's", async () => {
  items = [
    item,
    { ...item, originallink: "" },
    { ...item, pubDate: "soon" },
    { ...item, originallink: "ftp://x", link: "" },
  ];
  const found = await askNaver(signal);
  if (!found.ok) throw new Error(found.message);
  expect(found.data).toHaveLength(2);
  expect(found.data[0]).toMatchObject({
    id: expect.stringMatching(/^naver_[0-9a-f]{12}$/),
    url: "https://www.hani.co.kr/1",
    title: '재활용 시범 사업 "확대" &quot;',
    snippet: "요약 <b>굵게</b>",
    source: "naver",
    source_name: "한겨레",
    thumbnail_url: null,
    publishedMs: Date.parse("2026-01-18T00:30:00Z"),
  });
  expect(found.data[1]?.url).toBe("https://n.news.naver.com/mnews/article/1");
  const [asked] = naver.seen;
  expect(Object.fromEntries(asked?.query ?? [])).toEqual({
    query: "재활용",
    display: "30",
    sort: "date",
  });
});

test("NewsData: sentences about plans are nothing, times are UTC", async () => {
  const paid = "ONLY AVAILABLE IN PAID PLANS";
  results = [
    {
      article_id: "abc123",
      title: "Recycling &amp; you",
      link: "https://press.example/en/1",
      description: "x".repeat(600),
      content: paid,
      pubDate: "2026-01-18 09:30:00",
      image_url: "https://img.example/1.png",
      source_id: "press",
      source_name: "The Press",
      source_icon: "https://img.example/i.png",
      video_url: null,
      keywords: ["recycling", paid],
      category: ["environment", "world"],
      ai_tag: [paid],
    },
    {
      title: "no id",
      link: "https://press.example/en/2",
      pubDate: "2026-01-18 09:30:00",
      ai_tag: "ONLY AVAILABLE IN CORPORATE PLANS",
    },
    {
      title: "twice",
      link: "https://press.example/en/3",
      pubDate: "2026-01-18 09:30:00",
      duplicate: true,
    },
    { title: null, link: 7 },
  ];
  const found = await askNewsData(signal);
  if (!found.ok) throw new Error(found.message);
  expect(found.data).toHaveLength(2);
  expect(found.data[0]).toMatchObject({
    id: "abc123",
    title: "Recycling & you",
    source_name: "The Press",
    keywords: ["recycling"],
    ai_tag: null,
    hints: ["environment", "world"],
    publishedMs: Date.parse("2026-01-18T09:30:00Z"),
  });
  expect(found.data[0]?.snippet).toHaveLength(500);
  expect(found.data[0]?.snippet).toEndWith("x...");
  expect(found.data[1]?.id).toMatch(/^newsdata_[0-9a-f]{12}$/);
});

const movedTo = (location: string) => ({ status: 301, headers: { location } });

test("a feed that moved is read where it is now", async () => {
  press.trouble(movedTo("http://cdn.example/rss.xml"), 1);
  expect(await feed("/old.xml")).toEqual(await feed("/rss.xml"));
  press.trouble(movedTo("http://cdn.example/huge.xml"), 1);
  expect(await feed("/old.xml")).toMatchObject({ ok: false, kind: "network" });
});

test("a feed cannot send us into the house, and the dead one is named", async () => {
  press.trouble(movedTo("http://intern.example/rss.xml"), 1);
  const { host } = new URL(press.baseUrl);
  expect(await feed("/old.xml")).toMatchObject({
    ok: false,
    message: `RSS ${host}: sent on to intern.example: not_public`,
  });
  const gone = await feed("/gone.xml");
  expect(gone.ok ? "" : gone.message).toStartWith(`RSS ${host}: `);
});

test("RSS and Atom: Korean times where no zone is named, no entity of the document's own", async () => {
  const found = await feed("/rss.xml");
  if (!found.ok) throw new Error(found.message);
  expect(found.data.map(({ url }) => url)).toEqual([
    "https://press.example/rss/1?a=1&b=2",
    "https://press.example/rss/2",
    "https://press.example/rss/3",
  ]);
  expect(found.data[0]).toMatchObject({
    title: "재활용 & 분리배출",
    snippet: "라벨을 & 떼요",
    source: "rss",
    source_name: "press.example",
    thumbnail_url: "https://img.example/1.png",
    publishedMs: Date.parse("2026-01-18T00:30:00Z"),
    hints: ["ai"],
  });
  expect(found.data[1]?.title).not.toContain("aaaa");
  expect(found.data.map(({ thumbnail_url: image }) => image).slice(1)).toEqual([
    "https://img.example/2.jpg",
    null,
  ]);
  const atom = await feed("/atom.xml");
  expect(atom).toMatchObject({
    ok: true,
    data: [{ url: "https://press.example/atom/1", title: "인공지능" }],
  });
});

test.each([
  ["a page instead of a feed", "/page", "bad_response"],
  ["nothing there", "/none", "invalid_request"],
  ["a body without end", "/huge.xml", "bad_response"],
])("RSS: %s is %s", async (_name, path, kind) => {
  expect(await feed(path)).toMatchObject({ ok: false, kind });
});

test("a feed with twenty thousand articles is read no further than one call's share", async () => {
  const found = await feed("/many.xml");
  expect(found.ok && found.data.length).toBe(30);
});

test("a million items are bad news: the body is too large, or all but the first are left", async () => {
  items = Array.from({ length: 1_000_000 }, () => ({ ...item, title: "x" }));
  const million = naverNews(
    { clientId: "id", clientSecret: "secret", baseUrl: naver.baseUrl, retries: 0 },
    "x",
  );
  naver.trouble({ status: 200, body: JSON.stringify({ items }) });
  expect(await million(signal)).toMatchObject({ ok: false, kind: "bad_response" });
  naver.trouble({
    status: 200,
    body: JSON.stringify({ items: Array.from({ length: 400_000 }, () => 1).concat([]) }),
  });
  expect(await million(signal)).toMatchObject({ ok: true, data: [] });
  naver.trouble({ status: 200, body: JSON.stringify({ items: items.slice(0, 10_000) }) });
  const found = await million(signal);
  expect(found.ok && found.data.length).toBe(30);
}, 20_000);

test.each([
  ["badKey", "auth"],
  ["dayQuota", "quota"],
  ["rate", "quota"],
  ["badQuery", "invalid_request"],
  ["inside", "upstream"],
  ["insideGood", "upstream"],
] as const)("Naver's %s is %s", async (name, kind) => {
  naver.trouble(naverErrors[name]);
  const failed = await askNaver(signal);
  expect(failed).toMatchObject({ ok: false, kind });
  expect(JSON.stringify(failed)).not.toContain('"secret"');
});

test.each([
  ["badKey", "auth"],
  ["quota", "quota"],
  ["badQuery", "invalid_request"],
  ["inside", "upstream"],
  ["insideGood", "upstream"],
] as const)("NewsData's %s is %s", async (name, kind) => {
  newsData.trouble(newsDataErrors[name]);
  expect(await askNewsData(signal)).toMatchObject({ ok: false, kind });
});

test.each([
  ["html", "upstream"],
  ["cut", "network"],
] as const)("an answer that is %s is %s", async (trouble, kind) => {
  for (const [fake, ask] of [
    [naver, askNaver],
    [newsData, askNewsData],
  ] as const) {
    fake.trouble(trouble);
    expect(await ask(signal)).toMatchObject({ ok: false, kind });
  }
});

test("HTML with a good status is no news either", async () => {
  const page = { status: 200, body: "<!DOCTYPE html><html><body>점검 중</body></html>" };
  naver.trouble(page);
  newsData.trouble(page);
  expect(await askNaver(signal)).toMatchObject({ ok: false, kind: "bad_response" });
  expect(await askNewsData(signal)).toMatchObject({ ok: false, kind: "bad_response" });
});
