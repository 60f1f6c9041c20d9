// A turn, from its message to the job that answers:
// owned      the session is the user's
// locked     nobody else has a turn in it; the lock goes to the job
// followed   its events are listened for, before the job is there
// accepted   record, log and lock are the job's; it gives the lock back with its end
// published  the broker has it. When it does not, the job is ended: nobody waits for an outbox with a person watching
import { epochSeconds } from "../../shared/clock.ts";
import { queuedEvent } from "../../shared/contract/build-events.ts";
import { ChatId, JobId, newJobId, shardOf, type UserId } from "../../shared/contract/ids.ts";
import { type AssistantJob, jobEnvelope, type Location } from "../../shared/contract/job.ts";
import { AppError } from "../../shared/errors.ts";
import { endJob } from "../../shared/end-job.ts";
import { readJobRecord } from "../../shared/job-record.ts";
import { assistantLock, sessionOf } from "../../shared/job-session.ts";
import { keys } from "../../shared/keys.ts";
import { assistant as limits, stream, wait } from "../../shared/limits.ts";
import { formatTraceparent, type TraceContext } from "../../shared/trace.ts";
import * as v from "valibot";
import type { Deps } from "../deps.ts";
import { acceptOrWithdraw } from "../http/send-message.ts";
import { TooMany } from "../limits/limits.ts";
import { publishJob } from "../queue.ts";
import type { Framed } from "../sse/entry.ts";
import { isReadyWithin } from "../stores.ts";
import { claimSession } from "./owner.ts";
import { nobody } from "./parts.ts";

export interface TurnRequest {
  readonly userId: UserId;
  readonly sid: string;
  /** Not blank. */
  readonly message: string;
  readonly imageUrl: string | null;
  readonly location: Location | null;
  readonly model: string | null;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string } | undefined;
  /** How long to wait for the turn before it. */
  readonly waitMs: number;
  readonly trace: TraceContext;
  /** Ends the wait for the lock, and what is followed; never the job. */
  readonly signal: AbortSignal;
}

export interface Started {
  readonly jobId: JobId;
  readonly sid: string;
  /** The job's log, up to `done`. */
  readonly events: AsyncIterable<Framed>;
}

/**
 * Throws `SESSION_NOT_FOUND`, `SESSION_BUSY`, `IDEMPOTENCY_CONFLICT`, `RATE_LIMITED`, `BUDGET_EXHAUSTED` or
 * `UNAVAILABLE`; then nothing
 * runs and nothing is held.
 */
export async function startTurn(deps: Deps, asked: TurnRequest): Promise<Started> {
  if (!(await isReadyWithin(deps.redis, wait.readyMs))) throw away();
  const known = await findRepeated(deps, asked);
  if (known) return known;
  await claimSession(deps, asked.sid, asked.userId);
  if (asked.model !== "local") await deps.budget.check(asked.userId);
  const name = assistantLock(asked.sid);
  const held = await deps.locks.acquire(name, {
    ttlMs: limits.lockMs,
    waitMs: asked.waitMs,
    signal: asked.signal,
  });
  if (!held) {
    if (deps.redis.status !== "ready") throw away();
    // the same request a moment earlier may be who holds it
    const first = await findRepeated(deps, asked);
    if (first) return first;
    throw new AppError("SESSION_BUSY", { retryAfterSeconds: 2 });
  }
  let isHandedOver = false;
  try {
    const started = await submit(deps, asked, { lock_token: held.token, fence: held.fence });
    isHandedOver = started.isNew;
    return started;
  } finally {
    if (!isHandedOver) deps.locks.release(name, held.token).catch(() => false);
  }
}

async function submit(
  deps: Deps,
  asked: TurnRequest,
  held: { readonly lock_token: string; readonly fence: number },
): Promise<Started & { readonly isNew: boolean }> {
  const jobId = newJobId();
  const labels = { traceparent: formatTraceparent(asked.trace) };
  const { userId, idempotency } = asked;
  const job: AssistantJob = {
    kind: "assistant",
    job_id: jobId,
    session_id: v.parse(ChatId, jobId),
    user_id: userId,
    message: asked.message,
    image_url: asked.imageUrl,
    user_location: asked.location,
    model: asked.model,
    interactive: false,
    submitted_at: new Date(deps.clock.wallMs()).toISOString(),
    namespace: deps.locks.namespace,
    ...held,
    assistant_sid: asked.sid,
    memory_ttl_seconds: deps.assistant.ttlSeconds,
  };
  const envelope = JSON.stringify(jobEnvelope(job, labels));
  const events = followNow(deps, jobId, asked.signal);
  const accepting = acceptOrWithdraw(deps, {
    jobId,
    chatId: job.session_id,
    userId,
    message: job.message,
    imageUrl: job.image_url,
    submittedAt: job.submitted_at,
    queuedData: queuedEvent(jobId, epochSeconds(deps.clock), "%POSITION%"),
    envelope,
    shard: shardOf(jobId, stream.shardCount),
    doubleTexting: "enqueue",
    idempotency: idempotency && { ...idempotency, ttlSeconds: limits.idempotencySeconds },
    trace: labels.traceparent,
    ...(userId === nobody ? {} : { maxUserJobs: deps.limits.jobsAtOnce }),
    session: sessionOf(job),
  });
  accepting.catch(events.drop);
  const accepted = await accepting;
  deps.metrics.jobs.inc({ result: accepted.word });
  if (accepted.word === "accepted") {
    if (!(await publishJob(deps, jobId, envelope, accepted.outboxId, labels))) {
      events.drop();
      await endJob(deps.redis, jobId, "failed", "NODE_FAILED"); // not as cancelled: that is remembered
      if (idempotency) await deps.redis.del(keys.idempotency(userId, idempotency.key));
      throw away();
    }
    return { jobId, sid: asked.sid, events, isNew: true };
  }
  events.drop();
  switch (accepted.word) {
    case "repeated": {
      const first = await repeated(deps, accepted.jobId, asked);
      if (first) return { ...first, isNew: false };
      throw away();
    }
    case "conflict":
      throw new AppError("IDEMPOTENCY_CONFLICT");
    case "limited":
      throw new TooMany("jobs at once", 2);
    case "full":
    case "busy":
      throw away();
  }
}

const away = () => new AppError("UNAVAILABLE", { retryAfterSeconds: 2 });

/** The turn this request started when it came before. Throws `IDEMPOTENCY_CONFLICT`. */
async function findRepeated(deps: Deps, asked: TurnRequest): Promise<Started | undefined> {
  const { idempotency, userId } = asked;
  if (!idempotency) return undefined;
  const known = await deps.redis.get(keys.idempotency(userId, idempotency.key));
  const [hash, id] = known?.split(" ") ?? [];
  if (id === undefined) return undefined;
  if (hash !== idempotency.bodyHash) throw new AppError("IDEMPOTENCY_CONFLICT");
  return repeated(deps, id, asked);
}

async function repeated(deps: Deps, id: string, asked: TurnRequest): Promise<Started | undefined> {
  const jobId = v.parse(JobId, id);
  const record = await readJobRecord(deps.redis, jobId);
  if (!record?.session) return undefined; // past its time
  return { jobId, sid: record.session.sid, events: followNow(deps, jobId, asked.signal) };
}

/** Listens from now on: what an iterator does by itself only once it is read. */
function followNow(deps: Deps, jobId: JobId, signal: AbortSignal) {
  const stop = new AbortController();
  const entries = deps.streams.follow(jobId, AbortSignal.any([signal, stop.signal]));
  const first = entries.next();
  first.catch(() => undefined);
  /** Wakes it where it waits, and ends it where its reader left it. */
  const drop = () => {
    stop.abort();
    entries.return().catch(() => undefined);
  };
  signal.addEventListener("abort", drop, { once: true });
  return {
    drop,
    async *[Symbol.asyncIterator](): AsyncGenerator<Framed, void> {
      try {
        for (let next = await first; !next.done; next = await entries.next()) yield next.value;
      } finally {
        drop();
      }
    },
  };
}
