import * as v from "valibot";
import type { JobRecord } from "./contract/build-events.ts";
import { ChatId, type JobId, UserId } from "./contract/ids.ts";
import { type Job, type JobKind, jobKinds, jobStatuses, type JobStatus } from "./contract/job.ts";
import { readSession, scanFields, sessionFields, sessionOf } from "./job-session.ts";
import { keys } from "./keys.ts";
import type { ScriptedRedis } from "./scripts.ts";

/** Records of chats have none. */
const Kind = v.nullish(v.picklist(jobKinds), "agent");

const Stored = v.object({
  kind: Kind,
  user_id: UserId,
  chat_id: ChatId,
  message: v.string(),
  image_url: v.string(),
  created_at: v.string(),
  status: v.picklist(jobStatuses),
});

/** The record of a job, undefined when there is none (unknown, or past its time). */
export async function readJobRecord(
  redis: ScriptedRedis,
  jobId: JobId,
): Promise<(JobRecord & { readonly status: JobStatus }) | undefined> {
  const fields = await redis.hgetall(keys.job(jobId));
  const stored = v.safeParse(Stored, fields);
  if (!stored.success) return undefined;
  const { kind, user_id, chat_id, message, image_url, created_at, status } = stored.output;
  return {
    kind,
    jobId,
    chatId: chat_id,
    userId: user_id,
    message,
    imageUrl: image_url === "" ? null : image_url,
    createdAt: created_at,
    status,
    session: readSession(fields),
  };
}

/** Who owns a job and how it stands: the check before every job route. */
export async function readJobOwner(
  redis: ScriptedRedis,
  jobId: JobId,
): Promise<{ kind: JobKind; userId: UserId; chatId: ChatId; status: JobStatus } | undefined> {
  const [kind, userId, chatId, status] = await redis.hmget(
    keys.job(jobId),
    "kind",
    "user_id",
    "chat_id",
    "status",
  );
  const parsed = v.safeParse(
    v.object({ kind: Kind, userId: UserId, chatId: ChatId, status: v.picklist(jobStatuses) }),
    { kind, userId, chatId, status },
  );
  return parsed.success ? parsed.output : undefined;
}

/** The record of a job from its queue message: what `take` writes when a store lost it. */
export function recordFromJob(job: Job): JobRecord {
  return {
    kind: job.kind ?? "agent",
    jobId: job.job_id,
    chatId: job.session_id,
    userId: job.user_id,
    message: job.message,
    imageUrl: job.image_url,
    createdAt: job.submitted_at,
    session: sessionOf(job),
  };
}

/** Field names as they are stored. */
export function recordFields(record: JobRecord): Record<string, string> {
  return {
    user_id: record.userId,
    chat_id: record.chatId,
    message: record.message,
    image_url: record.imageUrl ?? "",
    created_at: record.createdAt,
    ...(record.kind === "scan" ? scanFields : sessionFields(record.session)),
  };
}
