import { afterAll, afterEach, expect, test } from "bun:test";
import { fakeKakao, kakaoErrors } from "../../tests/fakes/fake-kakao.ts";
import { kakaoLocal } from "./kakao-local.ts";

const fake = fakeKakao();
afterEach(() => fake.trouble(undefined));
afterAll(() => fake.stop());

const signal = new AbortController().signal;
const key = "0123456789abcdef0123456789abcdef";
const kakao = kakaoLocal({ key, baseUrl: fake.baseUrl, firstRetryMs: 1 });
const place = { latitude: 37.4979, longitude: 127.0276 };
const asked = () => fake.seen.at(-1);
const params = () => Object.fromEntries(asked()?.query ?? []);

test("a keyword search sends what it should and reads what came", async () => {
  const found = await kakao.searchKeyword(
    { query: " 재활용센터 ", place, category: "MART" },
    signal,
  );
  expect(asked()).toMatchObject({ method: "GET", path: "/v2/local/search/keyword.json" });
  expect(asked()?.headers.get("authorization")).toBe(`KakaoAK ${key}`);
  expect(params()).toEqual({
    query: "재활용센터",
    category_group_code: "MT1",
    x: "127.0276",
    y: "37.4979",
    radius: "5000",
    page: "1",
    size: "10",
    sort: "accuracy",
  });
  expect(found).toEqual({
    ok: true,
    data: {
      places: [
        {
          id: "1234567",
          name: "가람재활용센터",
          category: "가정,생활 > 재활용센터",
          phone: null,
          address: "서울 강남구 테스트로 1",
          latitude: 37.4979,
          longitude: 127.0276,
          url: "http://place.map.kakao.com/1234567",
          distanceMeters: 418,
        },
      ],
      totalCount: 128,
      isLast: false,
    },
  });
});

test("numbers out of range are clamped", async () => {
  const search = { query: "x", place, radiusMeters: 99_999, page: 99, size: 0, sort: "distance" };
  await kakao.searchKeyword({ ...search, sort: "distance" }, signal);
  expect(params()).toMatchObject({ radius: "20000", page: "45", size: "1", sort: "distance" });
});

test("without a place there is no radius and no order by distance", async () => {
  await kakao.searchKeyword({ query: "x", sort: "distance" }, signal);
  expect(params()).toEqual({ query: "x", page: "1", size: "10", sort: "accuracy" });
});

test("a category search goes by distance", async () => {
  await kakao.searchCategory({ category: "PHARMACY", place, radiusMeters: 300 }, signal);
  expect(asked()?.path).toBe("/v2/local/search/category.json");
  expect(params()).toMatchObject({ category_group_code: "PM9", radius: "300", sort: "distance" });
});

test("geocoding takes a place name first, then an address", async () => {
  const byName = await kakao.geocode("강남역", signal);
  expect(byName).toMatchObject({ ok: true, data: { name: "가람재활용센터", latitude: 37.4979 } });
  expect(params()).toMatchObject({ query: "강남역", size: "1" });
  const byAddress = await kakao.geocode("없는 이름 테스트로 10", signal);
  expect(byAddress).toMatchObject({
    ok: true,
    data: { name: "서울 강남구 테스트로 10", longitude: 127.03 },
  });
  expect(asked()?.path).toBe("/v2/local/search/address.json");
  expect(await kakao.geocode("모르는 곳", signal)).toMatchObject({ ok: false, kind: "not_found" });
});

test("an outage is not hidden behind a second search", async () => {
  fake.trouble({ status: 401, body: kakaoErrors.badKey.body }, 1);
  expect(await kakao.geocode("강남역", signal)).toMatchObject({ ok: false, kind: "auth" });
});

test("a place has an administrative district and an address", async () => {
  const district = { province: "서울특별시", district: "강남구", town: "역삼1동" };
  expect(await kakao.district(place, signal)).toEqual({ ok: true, data: district });
  expect(params()).toEqual({ x: "127.0276", y: "37.4979" });
  expect(await kakao.address(place, signal)).toEqual({ ok: true, data: "서울 강남구 역삼동 1-1" });
  expect(params()).toMatchObject({ input_coord: "WGS84" });
});

test("nothing found is `not_found`", async () => {
  const found = await kakao.searchKeyword({ query: "없는 곳" }, signal);
  expect(found).toMatchObject({ ok: false, kind: "not_found", retriable: false });
});

test.each([
  { name: "badArgument", kind: "invalid_request", count: 1 },
  { name: "badKey", kind: "auth", count: 1 },
  { name: "switchedOff", kind: "auth", count: 1 },
  { name: "throttled", kind: "quota", count: 3 },
  { name: "oldQuota", kind: "quota", count: 1 },
] as const)("the error $name is $kind after $count tries", async ({ name, kind, count }) => {
  fake.trouble(kakaoErrors[name]);
  const before = fake.seen.length;
  const found = await kakao.searchKeyword({ query: "x" }, signal);
  expect(found).toMatchObject({ ok: false, kind });
  expect(fake.seen.length - before).toBe(count);
});

test.each([
  { trouble: "html", kind: "upstream" },
  { trouble: { status: 200, body: "[]" }, kind: "bad_response" },
  { trouble: { status: 200, body: "oops" }, kind: "bad_response" },
] as const)("a body that is no answer is $kind", async ({ trouble, kind }) => {
  fake.trouble(trouble);
  expect(await kakao.searchKeyword({ query: "x" }, signal)).toMatchObject({ ok: false, kind });
});

test.each([
  { at: { latitude: 127.02, longitude: 37.49 }, code: "swapped_coordinates" },
  { at: { latitude: 48.85, longitude: 2.35 }, code: "outside_korea" },
  { at: { latitude: Number.NaN, longitude: 127 }, code: "not_a_number" },
])("$code is refused without a call", async ({ at, code }) => {
  const before = fake.seen.length;
  const refused = { ok: false, kind: "invalid_request", providerCode: code };
  expect(await kakao.searchKeyword({ query: "x", place: at }, signal)).toMatchObject(refused);
  expect(await kakao.searchCategory({ category: "CAFE", place: at }, signal)).toMatchObject(
    refused,
  );
  expect(await kakao.district(at, signal)).toMatchObject(refused);
  expect(await kakao.address(at, signal)).toMatchObject(refused);
  expect(fake.seen.length).toBe(before);
});

test("an empty query is refused, and a long one is cut without half a character", async () => {
  expect(await kakao.geocode("  ", signal)).toMatchObject({ ok: false, kind: "invalid_request" });
  await kakao.searchKeyword({ query: `${"가".repeat(99)}🗑️` }, signal);
  expect(params()["query"]).toBe("가".repeat(99));
});

test("without a key nothing is asked", async () => {
  const none = kakaoLocal({ baseUrl: fake.baseUrl });
  const before = fake.seen.length;
  const answers = await Promise.all([
    none.searchKeyword({ query: "x" }, signal),
    none.searchCategory({ category: "CAFE", place }, signal),
    none.geocode("x", signal),
    none.geocodeAddress("x", signal),
    none.district(place, signal),
    none.address(place, signal),
  ]);
  for (const answer of answers) expect(answer).toMatchObject({ kind: "not_configured" });
  expect(fake.seen.length).toBe(before);
});
