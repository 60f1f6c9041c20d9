import type { JobId } from "../shared/contract/ids.ts";
import { keys } from "../shared/keys.ts";
import { ttl } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { RunRecord } from "./run-record.ts";

/** A store slower than this is not waited for: the record is for looking back, the ending is not. */
const storeMs = 500;

/** Keeps how a run went for an hour. Never fails the run; an attempt that was replaced writes nothing. */
export async function storeRunRecord(
  redis: ScriptedRedis,
  attempt: number,
  record: RunRecord,
  log: Log,
): Promise<void> {
  const jobId = record.job_id as JobId;
  const store = async () => {
    if ((await redis.hget(keys.job(jobId), "attempt")) !== String(attempt)) return;
    await redis.set(keys.run(jobId), JSON.stringify(record), "EX", ttl.endedSeconds);
  };
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, storeMs);
  try {
    await Promise.race([store(), late.promise]);
  } catch (cause) {
    log.warn("the record of a run was not stored", { error: cause });
  } finally {
    clearTimeout(timer);
  }
}
