import postgres from "postgres";
import { wait } from "../limits.ts";

export type Sql = postgres.Sql;

const jitter = () => 0.5 + Math.random() / 2;

/** Opens a small named pool. Connects when first used; reconnects by itself. */
export function openPostgres(url: string, name: string, max = 4): Sql {
  return postgres(url, {
    max,
    connect_timeout: wait.postgresMs / 1000,
    idle_timeout: 60,
    backoff: (failures) => (Math.min(25 * 2 ** failures, wait.postgresRetryMs) / 1000) * jitter(),
    onnotice: () => {},
    connection: { application_name: name, statement_timeout: wait.postgresMs, TimeZone: "UTC" },
  });
}
