import { checkKeepsKeys } from "../shared/clients/keeps-keys.ts";
import type { Sql } from "../shared/clients/postgres.ts";
import { pause } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { checkSchema } from "../shared/migrations/migrate.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { ensureGroups } from "./groups.ts";
import { backoffMs } from "./loop.ts";

/** How long a store may be away when the process starts; afterwards there is no limit. */
const startWithinMs = 30_000;
const brokerWithinMs = 5000;

/** The streams store answers and keeps what it has, and both groups are on every shard. */
export async function checkStreams(
  redis: ScriptedRedis,
  shardCount: number,
  log: Log,
): Promise<void> {
  await withinStart("the streams store", log, async () => {
    await checkKeepsKeys(redis);
    await ensureGroups(redis, shardCount, log);
  });
}

/** The database answers and has the schema this version knows. */
export async function checkDatabase(openSql: () => Sql, log: Log): Promise<void> {
  const sql = openSql();
  try {
    await withinStart("the database", log, () => checkSchema(sql));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The broker has the queues. A broker that is merely away is not waited for: tokens flow without it. */
export async function checkBroker(started: Promise<void>, log: Log): Promise<void> {
  const late = new AbortController();
  const away = pause(brokerWithinMs, late.signal).then(() => {
    if (!late.signal.aborted) log.warn("starting without the broker");
  });
  try {
    await Promise.race([started, away]);
  } finally {
    late.abort();
  }
}

/** Throws `START_CHECK_FAILED` when a store stays away; a store that answers the wrong thing throws at once. */
async function withinStart(what: string, log: Log, check: () => Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const failed = pause(startWithinMs, late.signal).then(() => {
    if (late.signal.aborted) return;
    throw new AppError("START_CHECK_FAILED", { detail: `${what} did not answer in time` });
  });
  const succeed = async (): Promise<void> => {
    for (let failures = 0; !late.signal.aborted;) {
      try {
        await check();
        return;
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (failures === 0) log.warn("waiting for a store", { store: what, error: cause });
        await pause(backoffMs(failures++), late.signal);
      }
    }
  };
  const waiting = setTimeout(() => log.info("waiting for a store", { store: what }), 1000);
  try {
    await Promise.race([succeed(), failed]);
  } finally {
    clearTimeout(waiting);
    late.abort();
  }
}
