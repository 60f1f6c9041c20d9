import type { ChatId, JobId, UserId } from "../../shared/contract/ids.ts";
import type { JobStatus } from "../../shared/contract/job.ts";
import { AppError } from "../../shared/errors.ts";
import { readJobOwner } from "../../shared/job-record.ts";
import type { Deps } from "../deps.ts";
import { readStoredEnding, type StoredEnding } from "../stored-ending.ts";

/** A job of the caller's: as Redis-S has it, or, long after its end, as its rows do. */
export type OwnJob =
  | { readonly place: "redis"; readonly chatId: ChatId; readonly status: JobStatus }
  | { readonly place: "rows"; readonly ending: StoredEnding };

export const endedStatuses: ReadonlySet<JobStatus> = new Set(["completed", "failed", "cancelled"]);

/** Whose routes ask: a job of one is unknown to the other. */
export type Service = "chat" | "scan";

/** Throws `JOB_NOT_FOUND` unless the job is this user's; a foreign job is an unknown one. */
export async function requireJob(
  { redis, sql }: Pick<Deps, "redis" | "sql">,
  jobId: JobId,
  userId: UserId,
  service: Service = "chat",
): Promise<OwnJob> {
  const job = await readJobOwner(redis, jobId);
  if (job) {
    const isOfService = (job.kind === "scan") === (service === "scan");
    if (job.userId !== userId || !isOfService) throw new AppError("JOB_NOT_FOUND");
    return { place: "redis", chatId: job.chatId, status: job.status };
  }
  // scans leave no rows
  const ending = service === "chat" ? await readStoredEnding(sql, jobId, userId) : undefined;
  if (!ending) throw new AppError("JOB_NOT_FOUND");
  return { place: "rows", ending };
}
