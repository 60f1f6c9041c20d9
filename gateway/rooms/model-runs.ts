// The model in rooms. An invocation is
// waiting   in the room's queue in Redis, wherever it was asked
// running   a gateway got the room's lock, made it a job and handed the lock to it; the others wait
// bridged   that gateway follows the job's log and says its tokens in the room
// said      the answer is an entry of the room, or an error was told; the job gave the lock back with its end
// A gateway that dies leaves the queue behind: every gateway with sockets of the room looks at it now and then.
import { epochSeconds, pause } from "../../shared/clock.ts";
import { queuedEvent } from "../../shared/contract/build-events.ts";
import { ChatId, newJobId, shardOf } from "../../shared/contract/ids.ts";
import { jobEnvelope, type RoomJob } from "../../shared/contract/job.ts";
import { liveFrame, modelRole, roomUserId, type Sid } from "../../shared/contract/rooms.ts";
import { endJob } from "../../shared/end-job.ts";
import { roomLock, sessionOf } from "../../shared/job-session.ts";
import { keys } from "../../shared/keys.ts";
import { room as lockLimits, rooms, stream, wait } from "../../shared/limits.ts";
import type { Held, Locks } from "../../shared/lock/lock.ts";
import { type RoomRun, sayEnding } from "../../shared/rooms/say-ending.ts";
import { accept } from "../../shared/scripts.ts";
import { formatTraceparent, type Tracing } from "../../shared/trace.ts";
import * as v from "valibot";
import type { Deps } from "../deps.ts";
import { doneOf } from "../pending.ts";
import { publishJob } from "../queue.ts";
import { within } from "../stores.ts";
import { lastOfPeople, linesBefore } from "./context.ts";
import type { Hub } from "./hub.ts";
import type { Asked, Question, Refusal, RoomModel } from "./model.ts";
import { enqueue, nextOf, type Waiting } from "./queue.ts";
import type { RoomBuckets } from "./rules.ts";

interface ModelOptions extends Pick<
  Deps,
  "redis" | "pubsub" | "broker" | "queueNames" | "streams" | "budget" | "clock" | "log"
> {
  readonly hub: Hub;
  readonly locks: Locks;
  readonly tracing: Tracing;
  readonly buckets: RoomBuckets;
  readonly isInjection: (text: string) => boolean;
}

const mention = /@(llm|이코)/i;

const unavailable: Refusal = { code: "llm_unavailable", message: "the model cannot be asked now" };
const queueFull: Refusal = { code: "llm_queue_full", message: "too many wait for the model here" };
const usedUp: Refusal = {
  code: "llm_unavailable",
  message: "today's share of the model is used up here; it begins anew at midnight in Seoul",
};
const blocked: Refusal = { code: "llm_blocked", message: "this cannot be asked of the model" };

export class ModelRuns implements RoomModel {
  readonly #options: ModelOptions;
  readonly #stop = new AbortController();
  readonly #bridges = new Set<Promise<void>>();
  /** Rooms in mode auto where somebody has just spoken. */
  readonly #pauses = new Map<Sid, AbortController>();

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  async check({ sid, text, who }: Question): Promise<Refusal | undefined> {
    const { buckets, budget, isInjection } = this.#options;
    if (isInjection(text)) return blocked;
    const waitMs = await buckets.invoke(sid, who);
    if (waitMs === 0) {
      // a room has a day of its own: who speaks in it may be nobody
      const isOver = await budget.check(roomUserId(sid)).then(
        () => false,
        () => true,
      );
      return isOver ? usedUp : undefined;
    }
    const more = { retry_after_ms: waitMs };
    return { code: "rate_limited", message: "the model was asked too often", more };
  }

  async invoke(asked: Asked): Promise<Refusal | undefined> {
    const { redis, tracing, log } = this.#options;
    const { sid, text } = asked;
    const span = tracing.start("room.invoke", { kind: "server" });
    try {
      const isQueued = await enqueue(redis, sid, {
        job_id: newJobId(),
        requested_by: asked.role,
        message: text,
        entry_id: asked.entryId,
        user_location: asked.location,
        traceparent: formatTraceparent(span.context),
      });
      if (!isQueued) return queueFull;
      void this.pump(sid);
      return undefined;
    } catch (error) {
      log.warn("the model could not be asked", { error });
      return unavailable;
    } finally {
      span.end();
    }
  }

  async hear(asked: Asked, mode: string): Promise<Refusal | undefined> {
    if (mode === "mention" && mention.test(asked.text)) {
      return (await this.check(asked)) ?? this.invoke(asked);
    }
    if (mode === "auto") void this.#afterPause(asked);
    return undefined;
  }

  /** Starts who is next, if nobody runs. Never throws. */
  async pump(sid: Sid): Promise<void> {
    const { redis, locks, log } = this.#options;
    const lock = roomLock(sid);
    try {
      while (!this.#stop.signal.aborted && (await redis.llen(keys.roomQueue(sid))) > 0) {
        const held = await locks.acquire(lock, { ttlMs: lockLimits.lockMs });
        if (!held) return; // who runs looks here when it is done
        const isStarted = await this.#startNext(sid, held).catch((error: unknown) => {
          log.warn("a room's model could not be started", { error });
          return false;
        });
        if (isStarted) return;
        await locks.release(lock, held.token);
      }
    } catch (error) {
      log.warn("a room's queue could not be looked at", { error });
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const waiting of this.#pauses.values()) waiting.abort();
    await Promise.allSettled(this.#bridges);
  }

  /** In mode auto the last one to speak is answered, once nobody has spoken for a moment, whichever gateway heard. */
  async #afterPause(asked: Asked): Promise<void> {
    const { sid, entryId } = asked;
    this.#pauses.get(sid)?.abort();
    const own = new AbortController();
    this.#pauses.set(sid, own);
    await pause(rooms.debounceMs, own.signal);
    if (own.signal.aborted) return;
    this.#pauses.delete(sid);
    const last = await lastOfPeople(this.#options.redis, sid).catch(() => undefined);
    if (last === entryId && !(await this.check(asked))) await this.invoke(asked);
  }

  /** True when a run holds the lock from now on. Throws what Redis throws. */
  async #startNext(sid: Sid, held: Held): Promise<boolean> {
    const { redis, hub, clock } = this.#options;
    const next = await nextOf(redis, sid);
    if (!next) return false;
    const { waiting, strike } = next;
    // a gateway died between the job and this line: the job is under way
    const isKnown = (await redis.exists(keys.job(waiting.job_id))) === 1;
    const isAccepted = !isKnown && (await this.#submit(sid, waiting, held));
    await strike();
    if (isKnown) return false;
    if (!isAccepted) {
      const bd = { job_id: waiting.job_id, ...unavailable, retriable: true };
      hub.tell(sid, liveFrame(sid, "llm.error", modelRole, bd, clock.wallMs()));
      return false;
    }
    return true;
  }

  /** Makes the job, tells the room, hands it to the broker. False when the store does not take it. */
  async #submit(sid: Sid, waiting: Waiting, held: Held): Promise<boolean> {
    const { redis, hub, clock, locks, log } = this.#options;
    const { job_id: jobId, requested_by, message } = waiting;
    const job: RoomJob = {
      kind: "room",
      job_id: jobId,
      session_id: v.parse(ChatId, jobId),
      user_id: roomUserId(sid),
      message,
      image_url: null,
      user_location: waiting.user_location,
      model: null,
      interactive: false,
      submitted_at: new Date(clock.wallMs()).toISOString(),
      namespace: locks.namespace,
      lock_token: held.token,
      fence: held.fence,
      room_sid: sid,
      requested_by,
      history: await linesBefore(redis, sid, waiting.entry_id),
    };
    const labels = { traceparent: waiting.traceparent };
    const envelope = JSON.stringify(jobEnvelope(job, labels));
    const accepting = accept(redis, {
      jobId,
      chatId: job.session_id,
      userId: job.user_id,
      message,
      imageUrl: null,
      submittedAt: job.submitted_at,
      queuedData: queuedEvent(jobId, epochSeconds(clock), "%POSITION%"),
      envelope,
      shard: shardOf(jobId, stream.shardCount),
      doubleTexting: "enqueue",
      idempotency: undefined,
      trace: waiting.traceparent,
      session: sessionOf(job),
    });
    const accepted = await within(wait.acceptMs, accepting, "the job store").catch(
      (error: unknown) => {
        log.warn("a room's job was not accepted", { jobId, error });
        return undefined;
      },
    );
    if (accepted?.word !== "accepted") return false;
    const started = { job_id: jobId, requested_by };
    hub.tell(sid, liveFrame(sid, "llm.start", modelRole, started, clock.wallMs()));
    const bridge = this.#bridge({ sid, jobId, fence: held.fence });
    this.#bridges.add(bridge);
    void bridge.finally(() => this.#bridges.delete(bridge));
    // without the broker it waits in the outbox, as every job
    await publishJob(this.#options, jobId, envelope, accepted.outboxId, labels);
    return true;
  }

  /** Says a run's tokens and its ending in the room. Never throws: the worker says the ending when this could not. */
  async #bridge(run: RoomRun): Promise<void> {
    const { streams, redis, pubsub, clock, log } = this.#options;
    const { sid, jobId } = run;
    const late = AbortSignal.timeout(rooms.answerMs);
    let seq = 0;
    try {
      const events = streams.follow(jobId, AbortSignal.any([late, this.#stop.signal]));
      for await (const { event, data } of events) {
        const done = event === "done" ? doneOf(data) : undefined;
        if (done) await sayEnding(redis, pubsub, run, done, clock.wallMs());
        const piece = pieceOf(event, data);
        if (piece) this.#tellRun(run, { job_id: jobId, seq: ++seq, ...piece });
      }
      if (late.aborted) {
        await endJob(redis, jobId, "failed", "TIMEOUT");
        const done = doneOf(await redis.get(keys.state(jobId)));
        if (done) await sayEnding(redis, pubsub, run, done, clock.wallMs());
      }
    } catch (error) {
      log.warn("a room's answer is not said from here", { jobId, error });
    }
    await this.pump(sid);
  }

  #tellRun({ sid, jobId }: RoomRun, bd: Readonly<Record<string, unknown>>): void {
    const { hub, clock } = this.#options;
    const frame = liveFrame(sid, "llm.streaming", modelRole, bd, clock.wallMs());
    hub.tell(sid, frame, { word: "run", key: jobId });
  }
}

/** What an event adds to the text. After `reset` the text begins anew with it. */
function pieceOf(event: string, data: string): { delta: string; reset?: true } | undefined {
  if (event !== "token" && event !== "token_recovery") return undefined;
  const body = JSON.parse(data) as { content?: string; accumulated?: string };
  if (event === "token") return { delta: body.content ?? "" };
  return { delta: body.accumulated ?? "", reset: true };
}
