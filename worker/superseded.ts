import type { Job } from "../shared/contract/job.ts";
import { keys } from "../shared/keys.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";

/** Whether somebody newer owns the job; otherwise the store forgot it, or what this attempt wrote. */
export async function isSuperseded(
  redis: ScriptedRedis,
  job: Job,
  attempt: number,
): Promise<boolean> {
  const stored = await redis.hget(keys.job(job.job_id), "attempt");
  return stored !== null && Number(stored) > attempt;
}
