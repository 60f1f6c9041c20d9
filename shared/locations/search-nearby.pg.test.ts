import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { openPostgres, type Sql } from "../clients/postgres.ts";
import type { Place } from "../places/place.ts";
import { describeWith, testDatabase } from "../testing/services.ts";
import { withPostgis } from "../testing/with-postgis.ts";
import { geoIndexOf } from "./geo-index.ts";
import { type NearbySearch, searchNearby } from "./search-nearby.ts";
import { blankSite, rowOf, type SiteFacts } from "./site.ts";
import { writeSites } from "./write-sites.ts";

/** Haversine as the textbook has it, written apart from the one that is tested. */
function referenceMeters(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const hav = (angle: number) => (1 - Math.cos(angle)) / 2;
  const h =
    hav((b.latitude - a.latitude) * rad) +
    Math.cos(a.latitude * rad) *
      Math.cos(b.latitude * rad) *
      hav((b.longitude - a.longitude) * rad);
  return 2 * 6_371_000 * Math.atan2(Math.sqrt(h), Math.sqrt(1 - h));
}

// the same places in every run: failures can be repeated
let seed = 7;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const stores = ["카페", "비건 식당", "시장", "공방", "골목"];
const items = ["캔", "무색 페트, 종이", "유리", null];
const facts: SiteFacts[] = Array.from({ length: 3000 }, (_, i) => {
  // half crowded around one square, half all over the country, and some in the very same place
  const isCrowded = i % 2 === 0;
  const latitude = isCrowded ? 37.55 + (random() - 0.5) * 0.2 : 33.2 + random() * 5.2;
  const longitude = isCrowded ? 127 + (random() - 0.5) * 0.2 : 125 + random() * 5.9;
  return {
    ...blankSite,
    source: i % 3 === 0 ? "zerowaste" : "keco",
    sourceId: String(i),
    name: `${stores[i % stores.length]} ${i}`,
    latitude: i % 50 === 0 ? 37.55 : latitude,
    longitude: i % 50 === 0 ? 127 : longitude,
    items: items[i % items.length] ?? null,
    isSample: i % 100 === 99,
  };
});
const rows = facts.map(rowOf);

/** What the answer has to be, by looking at every site. */
function expected(search: NearbySearch): number[] {
  const { place, radiusMeters = 5000, limit = 10 } = search;
  return rows
    .map((row) => ({
      row,
      meters: referenceMeters(place, {
        latitude: row.positn_pstn_lat ?? 0,
        longitude: row.positn_pstn_lot ?? 0,
      }),
    }))
    .filter(
      ({ row, meters }) =>
        meters <= radiusMeters &&
        (search.withSamples || !row.is_sample) &&
        (!search.stores || search.stores.includes(row.store_category)) &&
        (!search.source || search.source === row.source) &&
        (!search.pickups ||
          search.pickups.some((pickup) => row.pickup_categories.includes(pickup))),
    )
    .map(({ meters }) => meters)
    .sort((a, b) => a - b)
    .slice(0, limit);
}

const place = fc.oneof(
  fc.record({
    latitude: fc.double({ min: 37.4, max: 37.7, noNaN: true }),
    longitude: fc.double({ min: 126.8, max: 127.2, noNaN: true }),
  }),
  fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  fc.constant({ latitude: 37.55, longitude: 127 }),
);
const search: fc.Arbitrary<NearbySearch> = fc.record(
  {
    place,
    radiusMeters: fc.integer({ min: 1, max: 50_000 }),
    limit: fc.integer({ min: 1, max: 200 }),
    stores: fc.subarray(["cafe_bakery", "vegan_dining", "lodging", "general"] as const),
    pickups: fc.subarray(["can", "clear_pet", "electronics"] as const),
    source: fc.constantFrom("keco", "zerowaste"),
    withSamples: fc.boolean(),
  },
  { requiredKeys: ["place"] },
);

/** A database of its own with all of them. */
async function withPlaces() {
  const database = await testDatabase();
  const sql = openPostgres(database.url, "test");
  await writeSites(sql, rows);
  await sql`analyze location.location_normalized_sites`;
  const end = async () => {
    await sql.end();
    await database.drop();
  };
  return { sql, end };
}

describeWith("postgres")("the nearest sites", () => {
  let places: Awaited<ReturnType<typeof withPlaces>>;
  let sql: Sql;
  beforeAll(async () => {
    places = await withPlaces();
    sql = places.sql;
  });
  afterAll(() => places.end());

  const areRight = (sql: Sql) =>
    fc.assert(
      fc.asyncProperty(search, async (one) => {
        const found = (await searchNearby(sql, one)).map(({ meters }) => meters);
        const wanted = expected(one);
        expect(found.length).toBe(wanted.length);
        for (const [i, meters] of found.entries()) {
          expect(Math.abs(meters - (wanted[i] ?? 0))).toBeLessThan(0.001);
        }
      }),
      { numRuns: 150 },
    );

  test("are those a look at every site finds, in order, by the plane", async () => {
    expect(await geoIndexOf(sql)).toBe("plane");
    await areRight(sql);
  });

  test("a kind that is rare, or nowhere near, costs no walk past all the others", async () => {
    const readFor = async (store: string) => {
      const [row] = await sql<{ "QUERY PLAN": [{ Plan: Record<string, number> }] }[]>`
        explain (analyze, buffers, format json)
        select location.nearest(37.55, 127, 50000, 5, array[${store}]::text[], null, null, true)`;
      const plan = row?.["QUERY PLAN"][0].Plan ?? {};
      return (plan["Shared Hit Blocks"] ?? NaN) + (plan["Shared Read Blocks"] ?? NaN);
    };
    await readFor("lodging"); // the first call of a function reads the catalogue
    // half of the 3,000 lie within the radius, and a walk past them reads a page for each
    expect(await readFor("lodging")).toBeLessThan(300);
  });

  test("are measured in the query itself, not by a call for each", async () => {
    const plan = await sql`explain (verbose) select
      location.meters(37.5, 127, positn_pstn_lat, positn_pstn_lot)
      from location.location_normalized_sites`;
    expect(JSON.stringify(plan)).toContain("asin(");
    expect(JSON.stringify(plan)).not.toContain("location.meters(");
  });

  test("are the same by PostGIS", async () => {
    const searches = fc.sample(search, { numRuns: 200, seed: 11 });
    const byPlane: unknown[] = [];
    for (const one of searches) byPlane.push(await searchNearby(sql, one));
    const own = await withPlaces();
    try {
      if (!(await withPostgis(own.sql))) return;
      expect(await geoIndexOf(own.sql)).toBe("geography");
      for (const [i, one] of searches.entries()) {
        expect<unknown>(await searchNearby(own.sql, one)).toEqual(byPlane[i]);
      }
      await areRight(own.sql);
    } finally {
      await own.end();
    }
  }, 60_000);
});
