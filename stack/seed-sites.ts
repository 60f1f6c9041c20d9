import postgres from "postgres";
import { sampleSites } from "../shared/locations/sample-sites.ts";
import { writeSites } from "../shared/locations/write-sites.ts";

/** Puts the sample set onto an empty map, so that a fresh stack shows something. Returns how many sites. */
export async function seedSites(url: string): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [site] = await sql`select 1 from location.location_normalized_sites limit 1`;
    return site ? 0 : (await writeSites(sql, sampleSites())).inserted;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
