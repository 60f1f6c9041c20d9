import { accept, type ScriptedRedis } from "../../shared/scripts.ts";
import { queuedEvent } from "../../shared/contract/build-events.ts";
import { addToText, type AnswerText, noText } from "../../shared/contract/answer-text.ts";
import { ChatId, newChatId, newJobId, shardOf, UserId } from "../../shared/contract/ids.ts";
import {
  type AgentJob,
  type AssistantJob,
  type Job,
  jobEnvelope,
} from "../../shared/contract/job.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { assistantLock, sessionOf } from "../../shared/job-session.ts";
import { assistant as limits, stream } from "../../shared/limits.ts";
import { openLocks } from "../../shared/lock/lock.ts";
import { createLog } from "../../shared/log.ts";
import * as v from "valibot";

export const quiet = createLog(() => {});

export function newJob(over: Partial<AgentJob> = {}): AgentJob {
  return {
    job_id: newJobId(),
    session_id: newChatId(),
    user_id: v.parse(UserId, crypto.randomUUID()),
    message: "페트병 어떻게 버려?",
    image_url: null,
    user_location: null,
    model: null,
    interactive: false,
    submitted_at: new Date().toISOString(),
    ...over,
  };
}

/** A turn with the assistant, under a lock as the gateway takes it. Give each test its own `assistant_sid`. */
export async function newTurn(
  redis: ScriptedRedis,
  over: Partial<AssistantJob> = {},
): Promise<AssistantJob> {
  const { kind: _, ...common } = newJob();
  const sid = over.assistant_sid ?? crypto.randomUUID();
  const held = await openLocks({ redis, namespace: "test" }).acquire(assistantLock(sid), {
    ttlMs: limits.lockMs,
  });
  if (!held) throw new Error("the session is busy");
  await redis.set(keys.assistantOwner("test", sid), common.user_id);
  return {
    ...common,
    session_id: v.parse(ChatId, common.job_id),
    kind: "assistant",
    namespace: "test",
    lock_token: held.token,
    fence: held.fence,
    assistant_sid: sid,
    memory_ttl_seconds: 600,
    ...over,
  };
}

/** Accepts a job as the gateway does: record, queued event, turn. Returns the queue message. */
export async function acceptJob(redis: ScriptedRedis, job: Job): Promise<string> {
  const envelope = JSON.stringify(jobEnvelope(job));
  await accept(redis, {
    isScan: job.kind === "scan",
    jobId: job.job_id,
    chatId: job.session_id,
    userId: job.user_id,
    message: job.message,
    imageUrl: job.image_url,
    submittedAt: job.submitted_at,
    queuedData: queuedEvent(job.job_id, "0.00", "%POSITION%"),
    envelope,
    shard: shardOf(job.job_id, stream.shardCount),
    doubleTexting: "enqueue",
    idempotency: undefined,
    session: sessionOf(job),
  });
  return envelope;
}

export interface Logged {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
  readonly raw: string;
}

export async function readLog(redis: ScriptedRedis, jobId: JobId): Promise<Logged[]> {
  return (await redis.xrange(keys.log(jobId), "-", "+")).map(([id, fields]) => {
    const raw = fields[fields.indexOf("data") + 1] ?? "{}";
    return {
      id,
      event: fields[fields.indexOf("event") + 1] ?? "",
      data: JSON.parse(raw) as Record<string, unknown>,
      raw,
    };
  });
}

/** What a reader of the whole log holds at the end. */
export function textOf(log: readonly Logged[]): AnswerText {
  return log.reduce((text, { event, raw }) => addToText(text, event, raw), noText);
}
