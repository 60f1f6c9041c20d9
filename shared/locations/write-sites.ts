import type { Sql } from "../clients/postgres.ts";
import { type SiteRow, type SiteSource } from "./site.ts";

export interface Written {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** Rows of one statement. */
const batch = 500;

/**
 * Writes rows by their source and id there: new ones are added, changed ones replaced, the rest is left alone. No two of
 * them may share an id. `progress` hears how many are written.
 */
export async function writeSites(
  sql: Sql,
  rows: readonly SiteRow[],
  progress: (done: number) => void = () => {},
): Promise<Written> {
  let [inserted, updated] = [0, 0];
  for (let at = 0; at < rows.length; at += batch) {
    const part = rows.slice(at, at + batch);
    const written = await writeBatch(sql, part);
    inserted += written.filter((row) => row.is_new).length;
    updated += written.filter((row) => !row.is_new).length;
    progress(at + part.length);
  }
  return { inserted, updated, unchanged: rows.length - inserted - updated };
}

async function writeBatch(sql: Sql, rows: readonly SiteRow[]): Promise<{ is_new: boolean }[]> {
  const [first] = rows;
  if (!first) return [];
  const columns = Object.keys(first) as (keyof SiteRow)[];
  const values = columns.filter((column) => column !== "source" && column !== "source_pk");
  const set = values.map((column) => sql`${sql(column)} = excluded.${sql(column)}`);
  const own = values.map((column) => sql`location_normalized_sites.${sql(column)}`);
  const theirs = values.map((column) => sql`excluded.${sql(column)}`);
  const list = (parts: readonly (typeof set)[number][]) =>
    parts.reduce((all, one) => sql`${all}, ${one}`);
  return sql<{ is_new: boolean }[]>`
    insert into location.location_normalized_sites ${sql(rows as SiteRow[], columns)}
    on conflict (source, source_pk) do update
      set ${list(set)}, updated_at = now()
      where (${list(own)}) is distinct from (${list(theirs)})
    returning xmax = 0 as is_new`;
}

/** Removes what a source no longer lists. Returns how many. */
export async function removeOthers(
  sql: Sql,
  source: SiteSource,
  kept: readonly string[],
): Promise<number> {
  const removed = await sql`
    delete from location.location_normalized_sites
    where source = ${source} and source_pk <> all(${kept as string[]}::text[])`;
  return removed.count;
}

/** Removes the made-up sites of a source: once real ones are there they only mislead. */
export async function removeSamples(sql: Sql, source: SiteSource): Promise<number> {
  const removed = await sql`
    delete from location.location_normalized_sites where source = ${source} and is_sample`;
  return removed.count;
}
