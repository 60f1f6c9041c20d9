import type { Sql } from "../shared/clients/postgres.ts";
import { type JobId, messageIds } from "../shared/contract/ids.ts";

/** Whether a job that ended was stored. Throws what PostgreSQL throws. */
export async function hasRows(sql: Sql, jobId: JobId): Promise<boolean> {
  const found = await sql`select 1 from chat.messages where id = ${messageIds(jobId).user}`;
  return found.length > 0;
}
