import type { Sql } from "../clients/postgres.ts";
import { type Site, siteColumns } from "./search-nearby.ts";

export interface FullSite extends Site {
  readonly introduction: string | null;
}

/** One site by its id, undefined when there is none. */
export async function readSite(sql: Sql, id: number): Promise<FullSite | undefined> {
  const [site] = await sql<FullSite[]>`
    select ${siteColumns(sql)}, positn_intdc_cn as introduction
    from location.location_normalized_sites where positn_sn = ${String(id)}::bigint`;
  return site;
}
