import type { Sql } from "../clients/postgres.ts";

/**
 * How near places are found: `geography` by PostGIS where an import made its index, `plane` by what every PostgreSQL
 * has. Both only pick candidates; distances and their order are the same haversine.
 */
export type GeoIndex = "geography" | "plane";

const known = new WeakMap<Sql, Promise<GeoIndex>>();

/** Looked up once per connection pool. */
export function geoIndexOf(sql: Sql): Promise<GeoIndex> {
  const found =
    known.get(sql) ??
    lookUp(sql).catch((cause: unknown) => {
      known.delete(sql); // the database may be back next time
      throw cause;
    });
  known.set(sql, found);
  return found;
}

async function lookUp(sql: Sql): Promise<GeoIndex> {
  const [row] = await sql<{ index: string | null }[]>`
    select to_regclass('location.sites_by_geography')::text as index`;
  return row?.index ? "geography" : "plane";
}

/** Makes PostGIS's index where the extension is. True when it is there afterwards. */
export async function ensureGeography(sql: Sql): Promise<boolean> {
  const [found] = await sql`select 1 from pg_extension where extname = 'postgis'`;
  if (!found) return false;
  await sql`
    create index if not exists sites_by_geography on location.location_normalized_sites
    using gist (geography(st_setsrid(st_makepoint(positn_pstn_lot, positn_pstn_lat), 4326)))`;
  known.delete(sql);
  return true;
}
