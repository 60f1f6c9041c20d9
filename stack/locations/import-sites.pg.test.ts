import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, succeed } from "../../shared/apis/result.ts";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { sampleSites } from "../../shared/locations/sample-sites.ts";
import { searchNearby } from "../../shared/locations/search-nearby.ts";
import { writeSites } from "../../shared/locations/write-sites.ts";
import { describeWith, testDatabase } from "../../shared/testing/services.ts";
import { type ImportWish, importSites } from "./import-sites.ts";
import type { Row } from "./read-rows.ts";

const wish: ImportWish = {
  source: "keco",
  replaces: false,
  isDry: false,
  kakao: undefined,
  tell: () => {},
};
const rows: Row[] = [
  {
    순번: "1",
    상호명: "가람",
    "수거장소(주소)": "서울 강남구 시험로 1",
    위도: "37.5",
    경도: "127.0",
  },
  { 순번: "2", 상호명: "나래", "수거장소(주소)": "서울 강남구 시험로 2", 수거종류: "전자제품" },
  { 순번: "3", 상호명: "뒤집힘", 위도: "127.0", 경도: "37.5" },
  { 순번: "4", 상호명: "파리", 위도: "48.85", 경도: "2.35" },
  { 순번: "5", 상호명: "반쪽", 위도: "37.5", 경도: "" },
  { 순번: "6", 상호명: "글자", 위도: "북위", 경도: "127" },
  { 순번: "7", 상호명: " ", 위도: "37.5", 경도: "127" },
  { 순번: "1", 상호명: "같은 번호", 위도: "37.5", 경도: "127" },
  { 순번: "8", 상호명: "영", 위도: "0", 경도: "0" },
  { 순번: "9", 상호명: "무효\0", 위도: "37.5", 경도: "127" },
];

describeWith("postgres")("the import of a data set", () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let sql: Sql;
  beforeAll(async () => {
    database = await testDatabase();
    sql = openPostgres(database.url, "test");
  });
  beforeEach(async () => {
    await sql`truncate location.location_normalized_sites`;
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });
  const count = async (where = sql`true`) =>
    (await sql`select 1 from location.location_normalized_sites where ${where}`).count;

  test("takes what is good and tells why the rest is refused", async () => {
    const report = await importSites(sql, rows, wish);
    expect(report).toMatchObject({ read: 10, inserted: 3, updated: 0, withoutCoordinates: 2 });
    expect(Object.fromEntries(report.refused)).toEqual({
      "latitude and longitude are swapped": { count: 1, rows: [3] },
      "the place is outside Korea": { count: 1, rows: [4] },
      "half a coordinate": { count: 1, rows: [5] },
      "latitude or longitude is not a number": { count: 1, rows: [6] },
      "neither name nor address": { count: 1, rows: [7] },
      "an earlier row has its id": { count: 1, rows: [8] },
      "text is not clean": { count: 1, rows: [10] },
    });
    const near = await searchNearby(sql, { place: { latitude: 37.5, longitude: 127 } });
    expect(near.map(({ name }) => name)).toEqual(["가람"]);
  });

  test("a second run changes nothing, a changed row is changed, ids stay", async () => {
    await importSites(sql, rows, wish);
    const ids = () => sql`select positn_sn from location.location_normalized_sites order by 1`;
    const before = await ids();
    expect(await importSites(sql, rows, wish)).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: 3,
    });
    const moved = rows.map((row, i) => (i === 0 ? { ...row, 상호명: "가람 새이름" } : row));
    expect(await importSites(sql, moved, wish)).toMatchObject({ updated: 1, unchanged: 2 });
    expect([...(await ids())]).toEqual([...before]);
  });

  test("replacing removes what the file no longer has, of that source alone", async () => {
    await importSites(sql, rows, wish);
    await importSites(sql, rows, { ...wish, source: "zerowaste" });
    const report = await importSites(sql, rows.slice(0, 1), { ...wish, replaces: true });
    expect(report.removed).toBe(2);
    expect(await count(sql`source = 'keco'`)).toBe(1);
    expect(await count(sql`source = 'zerowaste'`)).toBe(3);
  });

  test("real sites drive the made-up ones of their source away", async () => {
    await writeSites(sql, sampleSites());
    await importSites(sql, rows, wish);
    expect(await count(sql`is_sample and source = 'keco'`)).toBe(0);
    expect(await count(sql`is_sample`)).toBeGreaterThan(20);
  });

  test("a dry run writes nothing and reports the same", async () => {
    const report = await importSites(sql, rows, { ...wish, isDry: true });
    expect(report).toMatchObject({ read: 10, inserted: 0 });
    expect(report.refused.size).toBe(7);
    expect(await count()).toBe(0);
  });

  test("addresses are looked up where coordinates are missing", async () => {
    const asked: string[] = [];
    const kakao: ImportWish["kakao"] = {
      geocodeAddress: async (address) => {
        asked.push(address);
        return succeed({ name: address, address, latitude: 37.51, longitude: 127.01 });
      },
    };
    expect(await importSites(sql, rows, { ...wish, kakao })).toMatchObject({
      located: 1,
      withoutCoordinates: 1,
    });
    expect(asked).toEqual(["서울 강남구 시험로 2"]);
    const spent: ImportWish["kakao"] = { geocodeAddress: async () => fail("quota", "spent") };
    const failing = importSites(sql, rows, { ...wish, kakao: spent });
    expect(await failing.catch(String)).toContain("spent");
  });

  test("20,000 rows come in, told as they go", async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      순번: String(i),
      상호명: `곳 ${i}`,
      위도: String(34 + (i % 300) / 100),
      경도: String(126.5 + (i % 199) / 100),
    }));
    const told: number[] = [];
    const tell = (_what: string, done: number) => void told.push(done);
    expect(await importSites(sql, many, { ...wish, tell })).toMatchObject({ inserted: 20_000 });
    expect(told.at(-1)).toBe(20_000);
    expect(told.length).toBeGreaterThan(10);
  }, 60_000);

  test("the command reads a CP949 file, writes, and exits by what happened", async () => {
    const folder = mkdtempSync(join(tmpdir(), "eco2-import-"));
    // "상호명,위도,경도\n똠방,37.5,127\n" as a Korean spreadsheet writes it
    const cp949 = Buffer.from(
      "bbf3c8a3b8ed2cc0a7b5b52cb0e6b5b50a8c63b9e62c33372e352c3132370a",
      "hex",
    );
    writeFileSync(join(folder, "a.csv"), cp949);
    writeFileSync(join(folder, "b.csv"), "상호명,위도,경도\n가,1,2\n");
    const run = async (...args: string[]) => {
      const child = Bun.spawn(
        [process.execPath, join(import.meta.dir, "../import-locations.ts"), ...args],
        {
          cwd: folder,
          env: { ...process.env, DATABASE_URL: database.url },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      return { code: await child.exited, out, err };
    };
    try {
      const good = await run("a.csv", "--source", "zerowaste");
      expect([good.code, good.err]).toEqual([0, ""]);
      expect(good.out).toContain("1 new");
      const [site] = await sql`select shown_name from location.location_normalized_sites`;
      expect(site?.["shown_name"]).toBe("똠방");
      const bad = await run("b.csv", "--source", "keco");
      expect([bad.code, bad.out.includes("outside Korea: 1 (row 1)")]).toEqual([1, true]);
      for (const wrong of [
        [],
        ["a.csv"],
        ["a.csv", "--source", "x"],
        ["a.csv", "--what"],
        ["none.csv"],
      ]) {
        expect((await run(...wrong)).code).toBeGreaterThan(0);
      }
      expect((await run("--help")).out).toContain("Usage: bun run import-locations");
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
