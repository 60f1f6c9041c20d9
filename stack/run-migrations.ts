import postgres from "postgres";
import { migrate } from "../shared/migrations/migrate.ts";

/** Brings the schema of a database up to date; returns the names of what ran. A migration may take its time. */
export async function runMigrations(url: string): Promise<string[]> {
  const connection = { application_name: "migrate", TimeZone: "UTC" };
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection });
  try {
    return await migrate(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
