import { afterAll, expect, test } from "bun:test";
import { fakeKakao } from "../../tests/fakes/fake-kakao.ts";
import { fakeKeco, type KecoRow, kecoErrors } from "../../tests/fakes/fake-keco.ts";
import type { FakeServer } from "../../tests/fakes/fake-server.ts";
import { type Cache, noCache } from "../../shared/apis/cache.ts";
import { kakaoLocal } from "../../shared/apis/kakao-local.ts";
import { keco, type PointSearch } from "./keco.ts";
import { nearbyPoints } from "./nearby-points.ts";

const signal = new AbortController().signal;
const servers: FakeServer[] = [];
const keep = (server: FakeServer) => {
  servers.push(server);
  return server;
};
afterAll(() => Promise.all(servers.map((server) => server.stop())));

let nowMs = 0;
const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };

const row = (id: number, address: string, more: KecoRow = {}): KecoRow => ({
  순번: id,
  상호명: `가람마트 ${id}호점`,
  수거종류: "폐휴대폰, 소형가전",
  수거방법: "수거함 설치",
  "수거장소(주소)": address,
  장소구분: "대형마트",
  수거비용: "무료",
  ...more,
});
const rows = [
  row(1, "서울특별시 강남구 테스트로 10"),
  row(2, "서울특별시 강서구 화곡로 1", { 수거종류: "", 수거비용: null }),
  row(3, "인천광역시 서구 가정로 1", { 수거비용: "1,000원", 상호명: "나래전자" }),
  row(4, "부산광역시 중구 광복로 1"),
  row(5, "서울특별시 중구 세종대로 1"),
];

function setUp(options: { ignoresFilters?: boolean } = {}, data: readonly KecoRow[] = rows) {
  const fake = keep(fakeKeco(data, options));
  const settings = { key: "abc%2Bdef%3D%3D", baseUrl: fake.baseUrl, clock, firstRetryMs: 1 };
  const client = keco(settings);
  const names = async (search: PointSearch) => {
    const found = await client.search(search, signal);
    return found.ok ? found.data.points.map(({ id }) => id) : found.kind;
  };
  return { fake, client, names };
}

test("a district is searched and its points are read", async () => {
  const { fake, client } = setUp();
  const found = await client.search({ district: "서울시 강남구", name: "가람" }, signal);
  expect(fake.seen[0]?.path).toBe("/uddi:4977d714-dca6-4bda-a10f-9bed30e2ce9c");
  expect(fake.seen[0]?.headers.get("authorization")).toBe("Infuser abc+def==");
  expect(Object.fromEntries(fake.seen[0]?.query ?? [])).toEqual({
    page: "1",
    perPage: "100",
    returnType: "JSON",
    "cond[수거장소(주소)::LIKE]": "강남구",
    "cond[상호명::LIKE]": "가람",
  });
  expect(found).toEqual({
    ok: true,
    data: {
      points: [
        {
          id: "1",
          name: "가람마트 1호점",
          takes: ["폐휴대폰", "소형가전"],
          method: "수거함 설치",
          address: "서울특별시 강남구 테스트로 10",
          kind: "대형마트",
          fee: "무료",
          isFree: true,
        },
      ],
      matchCount: 1,
    },
  });
});

test.each([true, false])(
  "filters hold whether the service ignores them (%p) or not",
  async (ignoresFilters) => {
    const { names } = setUp({ ignoresFilters });
    expect(await names({ district: "서구" })).toEqual(["3"]);
    expect(await names({ district: "부산 중구" })).toEqual(["4"]);
    expect(await names({ district: "중구" })).toEqual(["4", "5"]);
    expect(await names({ name: "나래" })).toEqual(["3"]);
    expect(await names({ district: "강남구", item: "휴대폰" })).toEqual(["1"]);
    expect(await names({ district: "강남구", item: "냉장고" })).toBe("not_found");
    expect(await names({ district: "서울특별시" })).toEqual(["1", "2", "5"]);
    expect(await names({ district: "제주시" })).toBe("not_found");
  },
);

test("the full copy is read once a day, page by page", async () => {
  const many = Array.from({ length: 2500 }, (_, i) => row(i, `서울특별시 강남구 ${i}길`));
  const { fake, client } = setUp({ ignoresFilters: true }, many);
  const found = await client.search({ district: "강남구" }, signal);
  expect(found).toMatchObject({ ok: true, data: { matchCount: 2500 } });
  expect(found.ok && found.data.points.length).toBe(100);
  const pages = () => fake.seen.filter(({ query }) => query.get("perPage") === "1000").length;
  expect(pages()).toBe(3);
  await client.search({ item: "휴대폰" }, signal);
  expect(pages()).toBe(3);
  nowMs += 25 * 3_600_000;
  await client.search({ item: "휴대폰" }, signal);
  expect(pages()).toBe(6);
});

test("fees and kinds that are not told", async () => {
  const { client } = setUp();
  const [told, paid] = await Promise.all([
    client.search({ district: "강서구" }, signal),
    client.search({ name: "나래" }, signal),
  ]);
  expect(told).toMatchObject({
    ok: true,
    data: { points: [{ takes: [], fee: null, isFree: true }] },
  });
  expect(paid).toMatchObject({ ok: true, data: { points: [{ fee: "1,000원", isFree: false }] } });
});

test.each([
  { name: "badKey", kind: "auth" },
  { name: "notSubscribed", kind: "auth" },
  { name: "badDataset", kind: "invalid_request" },
  { name: "traffic", kind: "quota" },
] as const)("the error $name is $kind, once", async ({ name, kind }) => {
  const { fake, client } = setUp();
  fake.trouble(kecoErrors[name]);
  const found = await client.search({ district: "강남구" }, signal);
  expect(found).toMatchObject({ ok: false, kind });
  expect(fake.seen.length).toBe(1);
  expect(found.ok ? "" : found.message).not.toContain("abc");
});

test.each([
  { trouble: { status: 500, body: '{"code":-1,"msg":"x"}' }, kind: "upstream", count: 3 },
  { trouble: { status: 200, body: "{}" }, kind: "bad_response", count: 1 },
  { trouble: "html", kind: "upstream", count: 3 },
] as const)("trouble $# is $kind after $count tries", async ({ trouble, kind, count }) => {
  const { fake, client } = setUp();
  fake.trouble(trouble);
  expect(await client.search({ district: "강남구" }, signal)).toMatchObject({ ok: false, kind });
  expect(fake.seen.length).toBe(count);
});

test("nothing to search for and no key make no call", async () => {
  const { fake, client } = setUp();
  expect(await client.search({ district: " " }, signal)).toMatchObject({ kind: "invalid_request" });
  const none = keco({ clock, baseUrl: fake.baseUrl });
  expect(await none.search({ name: "x" }, signal)).toMatchObject({ kind: "not_configured" });
  expect(fake.seen).toEqual([]);
});

const place = { latitude: 37.5, longitude: 127.031 };

test("points around a place are its district's, the nearest first, their addresses kept", async () => {
  const fake = keep(fakeKakao());
  const kakao = kakaoLocal({ key: "k-123456", baseUrl: fake.baseUrl });
  const kept: string[] = [];
  const cache: Cache = (entry, load) => {
    kept.push(`${entry.name} ${entry.ttlSeconds}`);
    return load();
  };
  const { client } = setUp();
  const near = await nearbyPoints({ keco: client, kakao, cache }, { place }, signal);
  expect(near).toMatchObject({ ok: true, data: { district: "서울특별시 강남구", isSorted: true } });
  expect(near.ok && near.data.points[0]?.distanceMeters).toBeCloseTo(88, 0);
  expect(kept).toEqual(["geocode:서울특별시 강남구 테스트로 10 2592000"]);
  const far = await nearbyPoints(
    { keco: client, kakao, cache },
    { place, radiusMeters: 20 },
    signal,
  );
  expect(far).toMatchObject({ ok: true, data: { isSorted: false } });
});

test("points around a place need Kakao for its district", async () => {
  const kakao = kakaoLocal({});
  const { client } = setUp();
  const near = await nearbyPoints({ keco: client, kakao, cache: noCache }, { place }, signal);
  expect(near).toMatchObject({ ok: false, kind: "not_configured" });
  const swapped = { latitude: place.longitude, longitude: place.latitude };
  const refused = await nearbyPoints(
    { keco: client, kakao, cache: noCache },
    { place: swapped },
    signal,
  );
  expect(refused).toMatchObject({ ok: false, providerCode: "swapped_coordinates" });
});
