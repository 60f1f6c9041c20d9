import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { KakaoPlace } from "../../shared/apis/kakao-wire.ts";
import { type ApiResult, fail, succeed } from "../../shared/apis/result.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { weekdays } from "../../shared/locations/opening-hours.ts";
import { sampleSites } from "../../shared/locations/sample-sites.ts";
import { blankSite, rowOf, type SiteFacts } from "../../shared/locations/site.ts";
import { writeSites } from "../../shared/locations/write-sites.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp } from "../testing/test-app.ts";
import type { Kakao } from "./kakao.ts";
import type { LocationDetail, LocationEntry, SuggestEntry } from "./schemas.ts";

/** The same text for every day: the tests run on any. */
const daily = (text: string) => Object.fromEntries(weekdays.map((day) => [day, text]));
const here = { latitude: 37.5, longitude: 127 };
/** Meters to the north, in degrees. */
const north = (meters: number) => here.latitude + meters / 111_194.9;

const sites: SiteFacts[] = [
  {
    ...blankSite,
    sourceId: "1",
    name: "가람 수거함",
    roadAddress: "서울 서초구 시험로 1",
    lotAddress: "서울 서초구 시험동 1-1",
    latitude: north(99.9),
    longitude: here.longitude,
    hours: daily("00:00 ~ 24:00"),
    items: "무색 페트, 캔",
    phone: "02)123-4567",
    introduction: "현관 옆",
    homepage: "https://example.org/1",
  },
  {
    ...blankSite,
    sourceId: "2",
    source: "zerowaste",
    name: "나래",
    displayName: "나래 리필 상점",
    roadAddress: "서울 서초구 시험로 2",
    latitude: north(900),
    longitude: here.longitude,
    phone: "PHONE",
    homepage: "javascript:alert(1)",
  },
  {
    ...blankSite,
    sourceId: "3",
    name: "다솜 전자 수거",
    lotAddress: "서울 강남구 시험동 3",
    latitude: north(4000),
    longitude: here.longitude,
    hours: daily("휴무"),
    items: "전자제품",
  },
  {
    ...blankSite,
    sourceId: "4",
    name: "라온 수거 (좌표 없음)",
    roadAddress: "서울 서초구 시험로 4",
  },
];

const hit = (name: string, meters: number, more: Partial<KakaoPlace> = {}): KakaoPlace => ({
  id: "77",
  name,
  category: "가정,생활 > 재활용센터",
  phone: "02-777-7777",
  address: "서울 서초구 어딘가 7",
  latitude: north(meters),
  longitude: here.longitude,
  url: "http://place.map.kakao.com/77",
  distanceMeters: null,
  ...more,
});

describeWith("redis", "postgres")("places", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const sql = openPostgres(database.url, "test");
  await writeSites(sql, sites.map(rowOf));
  await writeSites(sql, sampleSites());
  // found by their place, not by their name
  await sql`update location.location_normalized_sites set search_text = 'x' where is_sample`;

  let answers: (query: string) => ApiResult<readonly KakaoPlace[]> = () => succeed([]);
  const asked: Parameters<Kakao["searchKeyword"]>[0][] = [];
  const kakao: Kakao = {
    async searchKeyword(search) {
      asked.push(search);
      const found = answers(search.query);
      if (!found.ok) return found;
      if (found.data.length === 0) return fail("not_found", "no places");
      return succeed({ places: found.data, totalCount: found.data.length, isLast: true });
    },
  };
  const offline = openTestApp(stores);
  const online = openTestApp({ ...stores, kakao });
  afterAll(async () => {
    await Promise.all([offline.close(), online.close(), sql.end()]);
    await Promise.all([redis.stop(), database.drop()]);
  });

  const user = crypto.randomUUID();
  const get = async (path: string, app = offline) => {
    const response = await app.send("GET", `/api/v1/locations/${path}`, { user });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const list = async (path: string, app = offline) =>
    (await get(path, app)).body as LocationEntry[];
  const namesOf = (entries: readonly { name: string }[]) => entries.map(({ name }) => name);
  const around = "lat=37.5&lon=127";

  test("the nearest sites come first, with every field the map reads", async () => {
    const found = await list(`centers?${around}&radius=1000`);
    expect(namesOf(found)).toEqual(["가람 수거함", "나래 리필 상점"]);
    expect(found[0]).toEqual({
      id: expect.any(Number) as number,
      name: "가람 수거함",
      source: "keco",
      road_address: "서울 서초구 시험로 1",
      latitude: north(99.9),
      longitude: 127,
      distance_km: 0.1,
      distance_text: "100m",
      store_category: "upcycle_recycle",
      pickup_categories: ["clear_pet", "can"],
      is_holiday: false,
      is_open: true,
      start_time: "00:00",
      end_time: "24:00",
      phone: "02-123-4567",
      place_url: "https://example.org/1",
      kakao_place_id: null,
    });
    expect(found[1]).toMatchObject({
      source: "zerowaste",
      store_category: "refill_zero",
      is_holiday: null,
      is_open: false,
      phone: null,
      place_url: null,
      distance_text: "900m",
    });
  });

  test("filters choose in the query, before the limit", async () => {
    const by = async (more: string) => namesOf(await list(`centers?${around}&radius=5000&${more}`));
    expect(await by("pickup_category=electronics")).toEqual(["다솜 전자 수거"]);
    expect(await by("pickup_category=can,electronics")).toEqual(["가람 수거함", "다솜 전자 수거"]);
    expect(await by("store_category=refill_zero")).toEqual(["나래 리필 상점"]);
    expect(await by("store_category=refill_zero&pickup_category=electronics")).toEqual([]);
    expect(await by("store_category=all,lodging&pickup_category=")).toHaveLength(
      (await by("store_category=all")).length,
    );
  });

  test("a radius beyond the limits is brought within", async () => {
    expect(namesOf(await list(`centers?${around}&radius=1`))).toEqual(["가람 수거함"]);
    const far = await list(`centers?${around}&radius=9999999.5`);
    expect(Math.max(...far.map(({ distance_km }) => distance_km))).toBeLessThanOrEqual(50);
    expect(far.length).toBeGreaterThan(20);
  });

  test("every level of the client's map is answered: it sends 16 − level, and meters to a corner", async () => {
    for (let level = 1; level <= 14; level++) {
      const sent = `${around}&zoom=${16 - level}&store_category=all&pickup_category=all`;
      expect((await get(`centers?${sent}`)).status).toBe(200);
      const found = await list(`centers?${sent}&radius=${(123.456 * 2 ** (level - 1)).toFixed(3)}`);
      expect(found.length).toBeGreaterThan(0);
      expect(Math.max(...found.map(({ distance_km }) => distance_km))).toBeLessThanOrEqual(50);
    }
  });

  test.each([
    ["centers", ["lat", "lon"]],
    ["centers?lat=NaN&lon=127", ["lat"]],
    ["centers?lat=&lon=127", ["lat"]],
    ["centers?lat=1e999&lon=127", ["lat"]],
    ["centers?lat=127&lon=37.5", ["lat"]],
    ["centers?lat=37.5&lon=181", ["lon"]],
    ["centers?lat=37.5&lon=127&radius=near", ["radius"]],
    ["centers?lat=37.5&lon=127&zoom=0", ["zoom"]],
    ["centers?lat=37.5&lon=127&zoom=3.5", ["zoom"]],
    ["centers?lat=37.5&lon=127&zoom=21&radius=x", ["radius", "zoom"]],
    ["search", ["q"]],
    ["search?q=%20%20", ["q"]],
    [`search?q=${"가".repeat(101)}`, ["q"]],
    ["search?q=%00", ["q"]],
    ["search?q=강남&radius=Infinity", ["radius"]],
    ["suggest?q=", ["q"]],
    ["centers/abc", ["id"]],
    ["centers/1.5", ["id"]],
  ])("%s names %p", async (path, fields) => {
    const { status, body } = await get(path);
    expect(status).toBe(422);
    const { code, errors } = body as { code: string; errors: { path: string }[] };
    expect(code).toBe("VALIDATION_ERROR");
    expect(errors.map((one) => one.path)).toEqual(fields);
  });

  test("swapped coordinates are told as that", async () => {
    const { body } = await get("centers?lat=127.02&lon=37.49");
    expect(body).toMatchObject({ detail: "lat and lon are swapped" });
  });

  test.each([
    ["store_category=refill", "INVALID_STORE_CATEGORY", "refill_zero"],
    ["pickup_category=can,tin", "INVALID_PICKUP_CATEGORY", "clear_pet"],
  ])("%s is %s", async (more, code, allowed) => {
    const { status, body } = await get(`centers?${around}&${more}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code, detail: expect.stringContaining(allowed) as string });
  });

  test("abroad there is nothing, and that is no error", async () => {
    for (const place of [
      "lat=48.85&lon=2.35",
      "lat=0&lon=0",
      "lat=90&lon=-180",
      "lat=1e-320&lon=0",
    ])
      expect(await list(`centers?${place}&radius=50000`)).toEqual([]);
  });

  test("whatever numbers come, the answer is a list in order or names a field", () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: -100, max: 100 }),
        fc.double({ min: -200, max: 200 }),
        fc.option(fc.integer({ min: -5, max: 25 }), { nil: undefined }),
        async (lat, lon, zoom) => {
          const more = zoom === undefined ? "" : `&zoom=${zoom}`;
          const { status, body } = await get(`centers?lat=${lat}&lon=${lon}${more}`);
          expect([200, 422]).toContain(status);
          if (status !== 200) return;
          const distances = (body as LocationEntry[]).map(({ distance_km }) => distance_km);
          expect(distances).toEqual(distances.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    ));

  test("details come with everything known, and an unknown id is 404", async () => {
    const [first] = await list(`centers?${around}`);
    const { status, body } = await get(`centers/${first?.id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: first?.id,
      name: "가람 수거함",
      source: "keco",
      road_address: "서울 서초구 시험로 1",
      lot_address: "서울 서초구 시험동 1-1",
      latitude: north(99.9),
      longitude: 127,
      store_category: "upcycle_recycle",
      pickup_categories: ["clear_pet", "can"],
      phone: "02-123-4567",
      place_url: "https://example.org/1",
      kakao_place_id: null,
      collection_items: "무색 페트, 캔",
      introduction: "현관 옆",
    });
    for (const id of ["-1", "0", "999999999999999999"]) {
      const unknown = await get(`centers/${id}`);
      expect([unknown.status, unknown.body]).toMatchObject([404, { code: "LOCATION_NOT_FOUND" }]);
    }
  });

  test("without Kakao a search looks into our own names and addresses", async () => {
    expect(namesOf(await list("search?q=나래 상점&radius=1000"))).toEqual([
      "나래 리필 상점",
      "가람 수거함",
    ]);
    const [first] = await list("search?q=시험로1&radius=100");
    expect(first).toMatchObject({ name: "가람 수거함", distance_km: 0, distance_text: "0m" });
    expect(await list("search?q=어디에도 없는 곳")).toEqual([]);
  });

  test("without Kakao a district is known by its middle", async () => {
    const found = await list("search?q=부산 해운대구&radius=20000");
    expect(found.some(({ name }) => name.startsWith("(예시) 해운대구"))).toBe(true);
  });

  test("without Kakao suggestions are districts and sites", async () => {
    const suggested = (await get("suggest?q=서초")).body as SuggestEntry[];
    expect(suggested.map(({ place_name }) => place_name)).toEqual([
      "서울 서초구",
      "가람 수거함",
      "나래 리필 상점",
    ]);
    expect(suggested.every(({ latitude }) => Number.isFinite(latitude))).toBe(true);
    expect(((await get("suggest?q=가람 수ㄱ")).body as SuggestEntry[])[0]?.place_name).toBe(
      "가람 수거함",
    );
  });

  test("with Kakao its hits join ours, but not beside them", async () => {
    asked.length = 0;
    answers = () => succeed([hit("닻", 0), hit("같은 곳", 120), hit("먼 곳", 2000)]);
    const found = await list("search?q=재활용&radius=3000", online);
    expect(found.map(({ id, name }) => [id < 0 ? id : "ours", name])).toEqual([
      [-1, "닻"],
      ["ours", "가람 수거함"],
      ["ours", "나래 리필 상점"],
      [-2, "먼 곳"],
    ]);
    expect(found[3]).toMatchObject({
      source: "kakao",
      kakao_place_id: "77",
      distance_text: "2.0km",
      store_category: "upcycle_recycle",
      pickup_categories: [],
      is_open: null,
    });
    expect(asked).toMatchObject([
      { query: "재활용", size: 10 },
      { query: "재활용", sort: "distance", radiusMeters: 3000, place: { latitude: 37.5 } },
    ]);
  });

  test("no hit is an empty list, a Kakao that fails is 503", async () => {
    answers = () => succeed([]);
    expect(await list("search?q=없음", online)).toEqual([]);
    expect(await list("suggest?q=없음", online)).toEqual([]);
    answers = () => fail("upstream", "broken");
    for (const path of ["search?q=가", "suggest?q=가"]) {
      const { status, body } = await get(path, online);
      expect([status, body]).toMatchObject([503, { code: "KAKAO_API_UNAVAILABLE" }]);
    }
  });

  test("suggestions of Kakao are at most five", async () => {
    answers = () => succeed(Array.from({ length: 8 }, (_, i) => hit(`곳 ${i}`, i)));
    const { body } = await get("suggest?q=곳", online);
    expect(body).toHaveLength(5);
    expect((body as SuggestEntry[])[0]).toEqual({
      place_name: "곳 0",
      address: "서울 서초구 어딘가 7",
      latitude: 37.5,
      longitude: 127,
      place_url: "http://place.map.kakao.com/77",
    });
  });

  test("details take from Kakao what is right there, and never fail for it", async () => {
    const [, second] = await list(`centers?${around}`);
    const detail = async () => (await get(`centers/${second?.id}`, online)).body as LocationDetail;
    answers = () => succeed([hit("나래", 950)]);
    expect(await detail()).toMatchObject({
      kakao_place_id: "77",
      place_url: "http://place.map.kakao.com/77",
      phone: "02-777-7777",
    });
    answers = () => succeed([hit("나래", 1050)]);
    expect(await detail()).toMatchObject({ kakao_place_id: null, place_url: null, phone: null });
    answers = () => fail("timeout", "slow");
    expect(await detail()).toMatchObject({ name: "나래 리필 상점", kakao_place_id: null });
  });
});
