import type { Sql } from "../clients/postgres.ts";
import { ensureGeography } from "../locations/geo-index.ts";

/** Sets PostGIS up in a test's own database. False, with the reason printed, on a machine without it. */
export async function withPostgis(sql: Sql): Promise<boolean> {
  const [found] = await sql`select 1 from pg_available_extensions where name = 'postgis'`;
  if (!found) {
    console.warn("skipped: this PostgreSQL has no PostGIS (package postgresql-15-postgis-3)");
    return false;
  }
  await sql`create extension if not exists postgis`;
  return ensureGeography(sql);
}
