import { afterAll, expect, test } from "bun:test";
import { fakeMois, type MoisRow, type MoisShape } from "../../tests/fakes/fake-mois.ts";
import type { FakeServer } from "../../tests/fakes/fake-server.ts";
import { publicDataErrors } from "../../tests/fakes/public-data-errors.ts";
import { mois } from "./mois.ts";

const signal = new AbortController().signal;
const servers: FakeServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

function setUp(rows: readonly MoisRow[], shape?: MoisShape) {
  const fake = fakeMois(rows, shape);
  servers.push(fake);
  const client = mois({ key: "abc+def/ghi==", baseUrl: fake.baseUrl, firstRetryMs: 1 });
  return { fake, ask: (district: string) => client.householdWaste(district, signal) };
}

const mapo: MoisRow = {
  CTPV_NM: "서울특별시",
  SGG_NM: "마포구",
  MNG_ZONE_NM: "1권역",
  MNG_ZONE_TRGT_RGN_NM: "공덕동+아현동",
  EMSN_PLC_TYPE: "문전",
  EMSN_PLC: "집 앞",
  LF_WST_EMSN_MTHD: "종량제봉투",
  LF_WST_EMSN_DOW: "월+수+금",
  LF_WST_EMSN_BGNG_TM: "1800",
  LF_WST_EMSN_END_TM: "24:00",
  FOD_WST_EMSN_MTHD: "해당없음",
  RCYCL_EMSN_DOW: "매일",
  TMPRY_BULK_WASTE_EMSN_MTHD: "신고 후 배출",
  TMPRY_BULK_WASTE_EMSN_PLC: "지정 장소",
  UNCLLT_DAY: "일요일",
  MNG_DEPT_NM: "청소과",
  MNG_DEPT_TELNO: "02-000-0000",
  DAT_UPDT_PNT: "2026-01-02 10:00",
};
const jungguIn = (province: string): MoisRow => ({ ...mapo, CTPV_NM: province, SGG_NM: "중구" });

test("a district's zones are asked for and read", async () => {
  const { fake, ask } = setUp([mapo]);
  const told = await ask("서울시 마포구");
  expect(fake.seen[0]?.path).toBe("/info");
  expect(Object.fromEntries(fake.seen[0]?.query ?? [])).toEqual({
    serviceKey: "abc+def/ghi==",
    pageNo: "1",
    numOfRows: "100",
    returnType: "json",
    type: "json",
    "cond[SGG_NM::LIKE]": "마포구",
  });
  expect(told).toEqual({
    ok: true,
    data: {
      zones: [
        {
          province: "서울특별시",
          district: "마포구",
          zone: "1권역",
          towns: ["공덕동", "아현동"],
          place: "집 앞",
          general: { method: "종량제봉투", days: ["월", "수", "금"], from: "18:00", to: "24:00" },
          food: null,
          recyclables: { method: null, days: ["매일"], from: null, to: null },
          bulk: { method: "신고 후 배출", days: [], from: null, to: null, place: "지정 장소" },
          noCollection: "일요일",
          office: "청소과",
          phone: "02-000-0000",
          updated: "2026-01-02 10:00",
        },
      ],
      provinces: ["서울특별시"],
      isPartial: false,
    },
  });
});

test.each(["items.item", "bare list", "single object", "xml"] as const)(
  "rows that come as %s are the same rows",
  async (shape) => {
    const told = await setUp([mapo], shape).ask("마포구");
    expect(told).toMatchObject({
      ok: true,
      data: { zones: [{ office: "청소과", towns: ["공덕동", "아현동"] }] },
    });
  },
);

test.each([{ items: "" }, { items: null }, { items: [] }])(
  "items of $items are no rows",
  async ({ items }) => {
    const { fake, ask } = setUp([mapo]);
    fake.trouble({
      status: 200,
      body: JSON.stringify({
        response: { header: { resultCode: "00" }, body: { totalCount: 0, items } },
      }),
    });
    expect(await ask("마포구")).toMatchObject({ ok: false, kind: "not_found" });
  },
);

test("a name several provinces share is told with all of them, a province picks one", async () => {
  const { ask } = setUp([jungguIn("서울특별시"), jungguIn("부산광역시")]);
  const all = await ask("중구");
  expect(all).toMatchObject({ ok: true, data: { provinces: ["서울특별시", "부산광역시"] } });
  const one = await ask("부산 중구");
  expect(one.ok && one.data.provinces).toEqual(["부산광역시"]);
});

test("서구 is not 강서구", async () => {
  const { ask } = setUp([{ ...mapo, SGG_NM: "강서구" }]);
  expect(await ask("서구")).toMatchObject({ ok: false, kind: "not_found" });
});

test("a city with districts is looked for under both names", async () => {
  const { fake, ask } = setUp([{ ...mapo, CTPV_NM: "경기도", SGG_NM: "수원시" }]);
  expect(await ask("경기도 수원시 영통구")).toMatchObject({
    ok: true,
    data: { provinces: ["경기도"] },
  });
  expect(fake.seen.map(({ query }) => query.get("cond[SGG_NM::LIKE]"))).toEqual([
    "수원시 영통구",
    "수원시",
  ]);
});

test("of two rows about the same the newer stays, other kinds of waste stay too", async () => {
  const older = { ...mapo, MNG_DEPT_NM: "옛 청소과", DAT_UPDT_PNT: "20250102" };
  const food = {
    ...older,
    LF_WST_EMSN_MTHD: "",
    LF_WST_EMSN_DOW: "",
    LF_WST_EMSN_BGNG_TM: "",
    LF_WST_EMSN_END_TM: "",
  };
  const told = await setUp([older, mapo, food]).ask("마포구");
  expect(told.ok && told.data.zones.map(({ office }) => office)).toEqual(["청소과", "옛 청소과"]);
});

test("a district of many zones is read page by page, up to a bound", async () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...mapo, MNG_ZONE_NM: `${i}` }));
  const some = setUp(rows(250));
  const told = await some.ask("마포구");
  expect(told.ok && told.data.zones.length).toBe(250);
  expect(some.fake.seen.length).toBe(3);
  const many = await setUp(rows(700)).ask("마포구");
  expect(many).toMatchObject({ ok: true, data: { isPartial: true } });
  expect(many.ok && many.data.zones.length).toBe(500);
});

test.each([
  { name: "an unregistered key", trouble: publicDataErrors.unregisteredKey, kind: "auth" },
  { name: "a spent quota", trouble: publicDataErrors.xmlQuota, kind: "quota" },
  { name: "an error in XML", trouble: publicDataErrors.xmlService, kind: "invalid_request" },
  { name: "a bare error", trouble: publicDataErrors.bare, kind: "invalid_request" },
  { name: "a plain refusal", trouble: publicDataErrors.plainUnauthorized, kind: "auth" },
  { name: "a proxy page", trouble: "html", kind: "upstream" },
] as const)("$name is $kind", async ({ trouble, kind }) => {
  const { fake, ask } = setUp([mapo]);
  fake.trouble(trouble);
  const told = await ask("마포구");
  expect(told).toMatchObject({ ok: false, kind });
  expect(told.ok ? "" : told.message).not.toContain("abc+def");
});

test("nothing named and no key make no call", async () => {
  const { fake, ask } = setUp([mapo]);
  expect(await ask("  ")).toMatchObject({ kind: "invalid_request" });
  expect(await ask("서울특별시")).toMatchObject({ kind: "invalid_request" });
  const none = mois({ baseUrl: fake.baseUrl });
  expect(await none.householdWaste("마포구", signal)).toMatchObject({ kind: "not_configured" });
  expect(fake.seen).toEqual([]);
});
