import { afterAll, afterEach, expect, test } from "bun:test";
import { fakeDuckDuckGo, fakeTavily, tavilyErrors } from "../../tests/fakes/fake-search.ts";
import { duckDuckGo } from "./duckduckgo.ts";
import { fail } from "../../shared/apis/result.ts";
import { toHit } from "./search-hit.ts";
import { tavily } from "./tavily.ts";
import { searchContext, webSearch } from "./web-search.ts";

const signal = new AbortController().signal;
const tavilyServer = fakeTavily();
const duckServer = fakeDuckDuckGo();
afterEach(() => {
  tavilyServer.trouble(undefined);
  duckServer.trouble(undefined);
});
afterAll(() => Promise.all([tavilyServer.stop(), duckServer.stop()]));

const clock = { wallMs: () => 0, monotonicMs: () => performance.now() };
const tavilyEngine = tavily({
  key: "tvly-secret-1",
  baseUrl: tavilyServer.baseUrl,
  firstRetryMs: 1,
});
const duckEngine = duckDuckGo({
  clock,
  baseUrl: duckServer.baseUrl,
  spacingMs: 0,
  firstRetryMs: 1,
});
const guide = {
  title: "분리배출 안내",
  url: "https://www.example.kr/guide?a=1",
  snippet: "라벨을 떼고 헹궈요.",
  source: "example.kr",
  publishedAt: "2026-01-18",
};

test("Tavily is asked as agreed, and only web addresses come back", async () => {
  const found = await tavilyEngine({ query: " 페트병 ", period: "month", maxResults: 99 }, signal);
  const asked = tavilyServer.seen.at(-1);
  expect(asked).toMatchObject({ method: "POST", path: "/search" });
  expect(asked?.headers.get("authorization")).toBe("Bearer tvly-secret-1");
  expect(asked?.json).toEqual({
    query: "페트병",
    search_depth: "basic",
    topic: "general",
    time_range: "month",
    max_results: 20,
    country: "south korea",
    include_answer: false,
    include_raw_content: false,
    include_images: false,
  });
  expect(found).toEqual({ ok: true, data: [guide] });
});

test("news has no country", async () => {
  await tavilyEngine({ query: `재활용${"가".repeat(500)}`, topic: "news" }, signal);
  const json = tavilyServer.seen.at(-1)?.json;
  expect(json).not.toHaveProperty("country");
  expect(json).not.toHaveProperty("time_range");
  expect(String(json?.["query"]).length).toBe(400);
});

test.each([
  { name: "badKey", kind: "auth", count: 1 },
  { name: "planLimit", kind: "quota", count: 1 },
  { name: "busy", kind: "quota", count: 3 },
] as const)("Tavily's $name is $kind after $count tries", async ({ name, kind, count }) => {
  tavilyServer.trouble(tavilyErrors[name]);
  const before = tavilyServer.seen.length;
  expect(await tavilyEngine({ query: "x" }, signal)).toMatchObject({ ok: false, kind });
  expect(tavilyServer.seen.length - before).toBe(count);
});

test("DuckDuckGo's page is read without its advertisements", async () => {
  const found = await duckEngine({ query: "페트병", period: "week" }, signal);
  const asked = duckServer.seen.at(-1);
  expect(asked).toMatchObject({ method: "POST", path: "/html/" });
  expect(Object.fromEntries(new URLSearchParams(asked?.text))).toEqual({
    q: "페트병",
    kl: "kr-kr",
    df: "w",
  });
  expect(asked?.headers.get("user-agent")).toStartWith("Mozilla/5.0");
  expect(found.ok && found.data.map(({ title, url, snippet }) => [title, url, snippet])).toEqual([
    ["페트병 분리배출 & 라벨", "https://a.kr/%EA%B8%80?x=1&y=2", "라벨을 떼고"],
    ["둘째", "https://b.kr/2", "헹궈요"],
  ]);
});

test("behind a challenge the instant answer is asked, and then it is `quota`", async () => {
  const instant = await duckEngine({ query: "즉답" }, signal);
  expect(instant.ok && instant.data.map(({ title, source }) => [title, source])).toEqual([
    ["재활용", "ko.wikipedia.org"],
    ["분리배출", "duckduckgo.com"],
  ]);
  expect(await duckEngine({ query: "막힌" }, signal)).toMatchObject({ ok: false, kind: "quota" });
});

test.each([202, 403])("HTTP %d from DuckDuckGo is `quota`", async (status) => {
  duckServer.trouble({ status, body: "<html></html>" });
  expect(await duckEngine({ query: "x" }, signal)).toMatchObject({ ok: false, kind: "quota" });
});

test("searches are spaced, and refused when the line is long", async () => {
  let now = 0;
  const engine = duckDuckGo({
    clock: { wallMs: () => 0, monotonicMs: () => now },
    baseUrl: duckServer.baseUrl,
    spacingMs: 4000,
  });
  expect(await engine({ query: "x" }, signal)).toMatchObject({ ok: true });
  expect(await engine({ query: "x" }, signal)).toMatchObject({ ok: false, kind: "quota" });
  now = 4000;
  expect(await engine({ query: "x" }, signal)).toMatchObject({ ok: true });
});

const engines = { tavily: tavilyEngine, duckDuckGo: duckEngine };
const nothing = () => Promise.resolve(fail("network", "away"));

test("the model's own search comes first", async () => {
  const native = () => Promise.resolve({ text: "떼요 [1]", hits: [guide] });
  const found = await webSearch({ ...engines, native }, { query: "페트병" }, signal);
  expect(found).toMatchObject({
    ok: true,
    data: { engine: "native", text: "떼요 [1]", passedOver: [] },
  });
});

test.each([
  { name: "throws", native: () => Promise.reject(new Error("x")), kind: "upstream" },
  {
    name: "has no sources",
    native: () => Promise.resolve({ text: "꾸며낸 말", hits: [] }),
    kind: "not_found",
  },
] as const)("a native search that $name passes on to Tavily", async ({ native, kind }) => {
  const found = await webSearch({ ...engines, native }, { query: "페트병" }, signal);
  expect(found).toMatchObject({
    ok: true,
    data: { engine: "tavily", text: null, hits: [guide], passedOver: [{ engine: "native", kind }] },
  });
});

test("without a Tavily key DuckDuckGo answers", async () => {
  const found = await webSearch({ ...engines, tavily: tavily({}) }, { query: "페트병" }, signal);
  const passedOver = [{ engine: "tavily", kind: "not_configured" }];
  expect(found).toMatchObject({ ok: true, data: { engine: "duckduckgo", passedOver } });
});

test("when nobody answers it fails as the last did, and `not_found` when somebody looked", async () => {
  const away = await webSearch({ tavily: nothing, duckDuckGo: nothing }, { query: "x" }, signal);
  expect(away).toMatchObject({ ok: false, kind: "network" });
  const empty = await webSearch({ ...engines, duckDuckGo: nothing }, { query: "없는" }, signal);
  expect(empty).toMatchObject({ ok: false, kind: "not_found" });
  const blank = await webSearch(engines, { query: " " }, signal);
  expect(blank).toMatchObject({ ok: false, kind: "invalid_request" });
});

test("an abort stops the chain", async () => {
  const stop = new AbortController();
  const native = () => {
    stop.abort();
    return Promise.reject(new Error("aborted"));
  };
  const before = tavilyServer.seen.length;
  const found = await webSearch({ ...engines, native }, { query: "x" }, stop.signal);
  expect(found).toMatchObject({ ok: false, kind: "timeout" });
  expect(tavilyServer.seen.length).toBe(before);
});

test("the context numbers its sources and stays within 50,000 characters", () => {
  const answer = { query: "x", engine: "tavily", text: null, passedOver: [] } as const;
  expect(searchContext({ ...answer, hits: [guide] })).toBe(
    "[1] 분리배출 안내 (2026-01-18)\nhttps://www.example.kr/guide?a=1\n라벨을 떼고 헹궈요.",
  );
  const long = Array.from({ length: 100 }, () => ({ ...guide, snippet: "가".repeat(2000) }));
  expect(searchContext({ ...answer, hits: long }).length).toBe(50_000);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "https://user:pw@a.kr/",
  "not an address",
  "",
])("%p is no hit", (address) => expect(toHit("t", address, "s")).toBeUndefined());

test("a redirect of Gemini's is told by the host it names", () => {
  const address = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/abc";
  expect(toHit("www.me.go.kr", address, "")?.source).toBe("me.go.kr");
  expect(toHit("환경부", address, "")?.source).toBe("vertexaisearch.cloud.google.com");
});
