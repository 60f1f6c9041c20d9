// What a job of a room or an assistant holds while it lives: a lock, and for an assistant the right to write its
// memory. It stands in the job's record, so that whoever ends the job (its worker, a cancel, the watchdog) settles
// both in the step that ends it.
// handed over  by the gateway, which acquired the lock and names it in the job
// claimed      by `take`: still the job's, or free and taken again; else the job ends as `SESSION_BUSY`
// kept         by `renew`, with the job's lease
// settled      by the `append` that ends the job: the turn is in the memory, the lock is free
import * as v from "valibot";
import type { Job } from "./contract/job.ts";
import type { JobRecord } from "./contract/build-events.ts";
import { buildTurn, type Turn } from "./contract/turn.ts";
import { keys } from "./keys.ts";
import { assistant, room } from "./limits.ts";

export interface JobSession {
  readonly kind: "room" | "assistant";
  /** Of the room, or of the assistant's session. */
  readonly sid: string;
  /** Redis keys. */
  readonly lock: string;
  readonly lockFence: string;
  readonly lockToken: string;
  readonly fence: number;
  readonly lockMs: number;
  readonly memory:
    { readonly key: string; readonly owner: string; readonly ttlSeconds: number } | undefined;
}

/** Name of the lock under which the model speaks in a room. */
export const roomLock = (sid: string) => `room:${sid}:llm`;
/** Name of the lock under which an assistant's session has one turn at a time. */
export const assistantLock = (sid: string) => `assistant:session:${sid}`;

/** Undefined for a job of a chat. */
export function sessionOf(job: Job): JobSession | undefined {
  if (job.kind === "room") {
    return {
      ...held(job, roomLock(job.room_sid)),
      kind: "room",
      sid: job.room_sid,
      lockMs: room.lockMs,
      memory: undefined,
    };
  }
  if (job.kind === "assistant") {
    const { namespace, assistant_sid: sid } = job;
    return {
      ...held(job, assistantLock(sid)),
      kind: "assistant",
      sid,
      lockMs: assistant.lockMs,
      memory: {
        key: keys.assistantMemory(namespace, sid),
        owner: keys.assistantOwner(namespace, sid),
        ttlSeconds: job.memory_ttl_seconds,
      },
    };
  }
  return undefined;
}

function held(job: { namespace: string; lock_token: string; fence: number }, name: string) {
  return {
    lock: keys.lock(job.namespace, name),
    lockFence: keys.lockFence(job.namespace, name),
    lockToken: job.lock_token,
    fence: job.fence,
  };
}

/** What an assistant remembers of a job. */
export function turnOf(
  record: JobRecord,
  answer: string,
  answeredAtMs: number,
  isInterrupted: boolean,
): Turn {
  return buildTurn({
    jobId: record.jobId,
    question: record.message,
    askedAtMs: Date.parse(record.createdAt),
    answer,
    answeredAtMs,
    isInterrupted,
  });
}

/** What tells the record of a scan. */
export const scanFields: Readonly<Record<string, string>> = { kind: "scan" };

/** As the fields of a job's record. */
export function sessionFields(session: JobSession | undefined): Record<string, string> {
  if (!session) return {};
  const { kind, sid, lock, lockFence, lockToken, fence, lockMs, memory } = session;
  return {
    kind,
    sid,
    lock,
    lock_fence: lockFence,
    lock_token: lockToken,
    fence: String(fence),
    lock_ms: String(lockMs),
    ...(memory
      ? { memory: memory.key, memory_owner: memory.owner, memory_ttl: String(memory.ttlSeconds) }
      : {}),
  };
}

const integer = v.pipe(v.string(), v.toNumber(), v.safeInteger());
const Stored = v.object({
  kind: v.picklist(["room", "assistant"]),
  sid: v.string(),
  lock: v.string(),
  lock_fence: v.string(),
  lock_token: v.string(),
  fence: integer,
  lock_ms: integer,
  memory: v.optional(v.string()),
  memory_owner: v.optional(v.string(), ""),
  memory_ttl: v.optional(integer, "0"),
});

/** Undefined for the record of a chat's job. */
export function readSession(fields: Readonly<Record<string, string>>): JobSession | undefined {
  const parsed = v.safeParse(Stored, fields);
  if (!parsed.success) return undefined;
  const { kind, lock, lock_fence, lock_token, fence, lock_ms, memory, memory_owner, memory_ttl } =
    parsed.output;
  return {
    kind,
    lock,
    sid: parsed.output.sid,
    lockFence: lock_fence,
    lockToken: lock_token,
    fence,
    lockMs: lock_ms,
    memory:
      memory === undefined
        ? undefined
        : { key: memory, owner: memory_owner, ttlSeconds: memory_ttl },
  };
}
