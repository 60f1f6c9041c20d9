import { afterAll, expect, test } from "bun:test";
import type { Clock } from "../../shared/clock.ts";
import { fakeKma, type KmaFakeOptions } from "../../tests/fakes/fake-kma.ts";
import { publicDataErrors } from "../../tests/fakes/public-data-errors.ts";
import type { FakeServer, Trouble } from "../../tests/fakes/fake-server.ts";
import { redisCache } from "../../shared/apis/cache.ts";
import { kma } from "./kma.ts";
import { weatherTip } from "./weather-tip.ts";

const signal = new AbortController().signal;
const seoul = { latitude: 37.5665, longitude: 126.978 };
const encodedKey = "abc%2Bdef%2Fghi%3D%3D";
const clockAt = (text: string): Clock => ({
  wallMs: () => Date.parse(`${text}:00+09:00`),
  monotonicMs: () => 0,
});

const servers: FakeServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

function setUp(now: string, options: KmaFakeOptions = {}) {
  const fake = fakeKma(options);
  servers.push(fake);
  const settings = { key: encodedKey, baseUrl: fake.baseUrl, clock: clockAt(now), firstRetryMs: 1 };
  const issues = () =>
    fake.seen.map(
      ({ path, query }) => `${path.slice(1)} ${query.get("base_date")} ${query.get("base_time")}`,
    );
  return { fake, settings, client: kma(settings), issues };
}

const observed = { T1H: "-1.3", RN1: "0", PTY: "5", REH: "86", WSD: "2.1" };
const forecast = {
  "202601181400": { SKY: "1", POP: "0", TMP: "-1" },
  "202601181500": { SKY: "3", POP: "30", TMP: "-2", PTY: "4", PCP: "1mm 미만", SNO: "적설없음" },
  "202601190600": { TMN: "-9.0", SKY: "4", TMP: "-9" },
  "202601191500": { TMX: "1.0", TMP: "1" },
};

test("the weather now is observed, with the sky of the coming hour", async () => {
  const { fake, client, issues } = setUp("2026-01-18T14:41", { observed, forecast });
  expect(await client.current(seoul, signal)).toEqual({
    ok: true,
    data: {
      at: "2026-01-18T14:00:00+09:00",
      temperatureCelsius: -1.3,
      precipitation: "drizzle",
      rainMm: 0,
      humidityPercent: 86,
      windMetersPerSecond: 2.1,
      sky: "mostly_cloudy",
      rainChancePercent: 30,
    },
  });
  expect(issues().sort()).toEqual(["getUltraSrtNcst 20260118 1400", "getVilageFcst 20260118 1400"]);
  const asked = fake.seen.find(({ path }) => path === "/getVilageFcst");
  expect(Object.fromEntries(asked?.query ?? [])).toEqual({
    serviceKey: "abc+def/ghi==",
    dataType: "JSON",
    pageNo: "1",
    numOfRows: "1000",
    base_date: "20260118",
    base_time: "1400",
    nx: "60",
    ny: "127",
  });
});

test("without the forecast only sky and chance of rain are missing", async () => {
  const { client } = setUp("2026-01-18T14:41", { observed });
  const now = await client.current(seoul, signal);
  expect(now).toMatchObject({
    ok: true,
    data: { temperatureCelsius: -1.3, sky: null, rainChancePercent: null },
  });
});

test("a single row comes without its list", async () => {
  const { client } = setUp("2026-01-18T14:41", { observed: { T1H: "3" } });
  const now = await client.current(seoul, signal);
  expect(now).toMatchObject({
    ok: true,
    data: { temperatureCelsius: 3, precipitation: null, rainMm: null },
  });
});

test("an issue that is not out yet is replaced by the one before, once, across midnight", async () => {
  const missing = ["202601180000", "202601172300"];
  const { client, issues } = setUp("2026-01-18T00:45", { observed, missing });
  expect(await client.current(seoul, signal)).toMatchObject({ ok: false, kind: "not_found" });
  expect(issues().filter((issue) => issue.startsWith("getUltra"))).toEqual([
    "getUltraSrtNcst 20260118 0000",
    "getUltraSrtNcst 20260117 2300",
  ]);
  expect(issues().filter((issue) => issue.startsWith("getVilage"))).toEqual([
    "getVilageFcst 20260117 2300",
    "getVilageFcst 20260117 2000",
  ]);
});

test("the forecast is told by hour and by day", async () => {
  const { client } = setUp("2026-01-18T14:41", { forecast });
  const told = await client.forecast(seoul, signal);
  expect(told.ok && told.data.hours[1]).toEqual({
    at: "2026-01-18T15:00:00+09:00",
    temperatureCelsius: -2,
    sky: "mostly_cloudy",
    precipitation: "shower",
    rainChancePercent: 30,
    rainMm: 0.5,
    snowCm: 0,
    humidityPercent: null,
    windMetersPerSecond: null,
  });
  expect(told.ok && told.data.days).toEqual([
    { date: "2026-01-18", lowestCelsius: null, highestCelsius: null },
    { date: "2026-01-19", lowestCelsius: -9, highestCelsius: 1 },
  ]);
});

test("the next hours have their own issue", async () => {
  const { client, issues } = setUp("2026-01-18T02:10", {
    forecast: { "202601180300": { T1H: "-4", RN1: "강수없음", SKY: "4", PTY: "7" } },
  });
  const told = await client.nextHours(seoul, signal);
  expect(told.ok && told.data.hours[0]).toMatchObject({
    temperatureCelsius: -4,
    rainMm: 0,
    precipitation: "flurry",
  });
  expect(issues()).toEqual(["getUltraSrtFcst 20260118 0130"]);
});

test("the same cell and issue is asked for once while it is kept", async () => {
  const { fake, settings } = setUp("2026-01-18T14:41", { observed, forecast });
  const held = new Map<string, string>();
  const ttls: number[] = [];
  const store = {
    get: (key: string) => Promise.resolve(held.get(key) ?? null),
    set: (key: string, value: string, _unit: "EX", seconds: number) => {
      ttls.push(seconds);
      return Promise.resolve(held.set(key, value));
    },
  };
  const client = kma({ ...settings, cache: redisCache(store, (name) => `api:${name}`) });
  const first = await client.current(seoul, signal);
  const second = await client.current({ latitude: 37.567, longitude: 126.979 }, signal);
  expect(second).toEqual(first);
  expect(fake.seen.length).toBe(2);
  expect(ttls.toSorted((a, b) => a - b)).toEqual([600, 1800]);
  expect([...held.keys()].sort()).toEqual([
    "api:kma:getUltraSrtNcst:60:127:202601181400",
    "api:kma:getVilageFcst:60:127:202601181400",
  ]);
});

const troubles: { name: string; trouble: Trouble; kind: string; count: number }[] = [
  {
    name: "an unregistered key",
    trouble: publicDataErrors.unregisteredKey,
    kind: "auth",
    count: 1,
  },
  { name: "a spent quota in XML", trouble: publicDataErrors.xmlQuota, kind: "quota", count: 1 },
  {
    name: "a service timeout",
    trouble: publicDataErrors.serviceTimeout,
    kind: "upstream",
    count: 2,
  },
  { name: "a plain 401", trouble: publicDataErrors.plainUnauthorized, kind: "auth", count: 1 },
  {
    name: "a 500",
    trouble: { status: 500, body: "Unexpected errors" },
    kind: "upstream",
    count: 2,
  },
  { name: "a proxy page", trouble: "html", kind: "upstream", count: 2 },
  { name: "a dying socket", trouble: "cut", kind: "network", count: 2 },
];
test.each(troubles)("$name is $kind after $count tries", async ({ trouble, kind, count }) => {
  const { fake, client } = setUp("2026-01-18T14:41", { observed, forecast });
  fake.trouble(trouble);
  const told = await client.forecast(seoul, signal);
  expect(told).toMatchObject({ ok: false, kind });
  expect(fake.seen.length).toBe(count);
  expect(told.ok ? "" : told.message).not.toMatch(/abc\+def|abc%2Bdef/);
});

test("a place outside Korea is refused without a call, swapped ones by name", async () => {
  const { fake, client } = setUp("2026-01-18T14:41");
  const refused = (providerCode: string) => ({ ok: false, kind: "invalid_request", providerCode });
  const swapped = { latitude: 126.978, longitude: 37.5665 };
  expect(await client.current(swapped, signal)).toMatchObject(refused("swapped_coordinates"));
  const tokyo = { latitude: 35.68, longitude: 139.69 };
  expect(await client.forecast(tokyo, signal)).toMatchObject(refused("outside_korea"));
  expect(fake.seen).toEqual([]);
});

test("without a key nothing is asked", async () => {
  const { fake, settings } = setUp("2026-01-18T14:41");
  const none = kma({ ...settings, key: undefined });
  expect(await none.current(seoul, signal)).toMatchObject({ kind: "not_configured" });
  expect(fake.seen).toEqual([]);
});

const calm = { precipitation: "none", temperatureCelsius: 15, humidityPercent: 50 } as const;
test.each([
  { weather: calm, category: undefined, says: [] },
  { weather: { ...calm, precipitation: "rain" }, category: undefined, says: ["비"] },
  { weather: { ...calm, precipitation: "drizzle" }, category: undefined, says: ["비"] },
  { weather: { ...calm, precipitation: "flurry" }, category: undefined, says: ["미끄러"] },
  { weather: { ...calm, precipitation: "shower" }, category: undefined, says: ["실내"] },
  { weather: { ...calm, temperatureCelsius: 30 }, category: undefined, says: ["무더"] },
  { weather: { ...calm, temperatureCelsius: 29.9 }, category: undefined, says: [] },
  { weather: { ...calm, temperatureCelsius: 25 }, category: "음식물류폐기물", says: ["오래"] },
  { weather: { ...calm, temperatureCelsius: 0 }, category: undefined, says: ["얼"] },
  { weather: { ...calm, humidityPercent: 85 }, category: undefined, says: ["습도"] },
  {
    weather: { precipitation: "rain", temperatureCelsius: -1, humidityPercent: 90 },
    category: undefined,
    says: ["비", "얼", "습도"],
  },
  {
    weather: { precipitation: null, temperatureCelsius: null, humidityPercent: null },
    category: undefined,
    says: [],
  },
] as const)("weather $# means $says", ({ weather, category, says }) => {
  const tip = weatherTip(weather, category);
  if (says.length === 0) expect(tip).toBeNull();
  const places = says.map((word) => (tip ?? "").indexOf(word));
  expect(places.every((at) => at >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
