// The copy of checkpoints to PostgreSQL: a loop of the worker, one worker at a time.
// queued       Redis holds the checkpoint, and its name waits in the sync queue: both were written in one step
// copied       it is in PostgreSQL; only then its name leaves the queue, so a death in between repeats it
// superseded   a newer one of the same thread and namespace is in the batch, or in PostgreSQL: dropped
// set aside    PostgreSQL refused it `checkpoint.syncTries` times, alone: its name is in the dead letters
// A PostgreSQL that does not answer leaves everything queued.
import * as v from "valibot";
import { pause } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { keys } from "../../shared/keys.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import { holdLease, releaseLease, type ScriptedRedis } from "../../shared/scripts.ts";
import { CheckpointCorrupt } from "./errors.ts";
import { writeCopy } from "./postgres-store.ts";
import { type CheckpointRedis, readStored } from "./redis-store.ts";

const Waiting = v.object({
  thread_id: v.string(),
  checkpoint_ns: v.string(),
  checkpoint_id: v.string(),
  n: v.string(),
});
type Waiting = v.InferOutput<typeof Waiting>;

type SyncResult = "copied" | "older" | "superseded" | "gone" | "refused" | "set_aside";

export interface SyncOptions {
  readonly redis: CheckpointRedis & ScriptedRedis;
  readonly sql: Sql;
  /** Name of this process, for the lease. */
  readonly worker: string;
  readonly log: Log;
  readonly observe?: (result: SyncResult) => void;
  readonly everyMs?: number;
}

export interface Sync {
  /** Something was queued; at `checkpoint.syncBatch` of them the copy does not wait. */
  notice(): void;
  /** Copies what is queued now. Returns how much is left. Throws when a store does not answer. */
  drain(): Promise<number>;
  /** Runs until the signal; what this process queued is copied before it ends, if PostgreSQL answers. */
  run(signal: AbortSignal): Promise<void>;
}

export function createSync(options: SyncOptions): Sync {
  const { redis, sql, worker, log } = options;
  const refusals = new Map<string, number>();
  let noticed = 0;
  let wake = () => {};
  let isDown = false;

  const observe = (result: SyncResult) => options.observe?.(result);

  const copy = async ({ thread_id: thread, checkpoint_ns: ns, checkpoint_id: id }: Waiting) => {
    const place = { thread, ns };
    const stored = await readStored(redis, place, id);
    return stored ? writeCopy(sql, place, stored) : "gone";
  };

  /** True when its name may leave the queue. */
  const settle = async (raw: string, waiting: Waiting): Promise<boolean> => {
    try {
      observe(await copy(waiting));
      refusals.delete(raw);
      return true;
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      const times = (refusals.get(raw) ?? 0) + 1;
      refusals.set(raw, times);
      observe("refused");
      if (times < limits.syncTries) return false;
      await redis.lpush(keys.syncDeadLetters, raw);
      refusals.delete(raw);
      observe("set_aside");
      log.error("checkpoint set aside", { threadId: waiting.thread_id, error: cause });
      return true;
    }
  };

  const batch = async (): Promise<number> => {
    // the oldest are last; names leave by value, so two copiers at once only do work twice
    const names = (await redis.lrange(keys.syncQueue, -limits.syncBatch, -1)).reverse();
    const newest = new Map<string, string>();
    const parsed = new Map<string, Waiting | undefined>();
    for (const raw of names) {
      const waiting = parse(raw);
      parsed.set(raw, waiting);
      if (waiting) newest.set(`${waiting.thread_id} ${waiting.checkpoint_ns}`, raw);
    }
    let settled = 0;
    for (const [raw, waiting] of parsed) {
      const of = waiting && `${waiting.thread_id} ${waiting.checkpoint_ns}`;
      let isDone = true;
      if (!waiting) await redis.lpush(keys.syncDeadLetters, raw);
      else if (newest.get(of ?? "") !== raw) observe("superseded");
      else isDone = await settle(raw, waiting);
      if (!isDone) continue;
      await redis.lrem(keys.syncQueue, -1, raw);
      settled++;
    }
    return settled;
  };

  const drain = async (): Promise<number> => {
    const held = await holdLease(redis, keys.syncLease, worker, limits.syncLeaseMs);
    if (held === "other") return redis.llen(keys.syncQueue);
    try {
      noticed = 0;
      while ((await batch()) > 0)
        await holdLease(redis, keys.syncLease, worker, limits.syncLeaseMs);
      if (isDown) log.info("checkpoints are copied again");
      isDown = false;
    } finally {
      await releaseLease(redis, keys.syncLease, worker).catch(() => {});
    }
    return redis.llen(keys.syncQueue);
  };

  const tryDrain = async (): Promise<void> => {
    try {
      await drain();
    } catch (cause) {
      if (!isDown) log.warn("checkpoints cannot be copied, they wait", { error: cause });
      isDown = true;
    }
  };

  return {
    notice: () => {
      noticed++;
      if (noticed >= limits.syncBatch) wake();
    },
    drain,
    run: async (signal) => {
      while (!signal.aborted) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await pause(options.everyMs ?? limits.syncEveryMs, AbortSignal.any([signal, woken.signal]));
        await tryDrain();
      }
    },
  };
}

function parse(raw: string): Waiting | undefined {
  try {
    return v.parse(Waiting, JSON.parse(raw));
  } catch {
    return undefined;
  }
}

/** Is it this checkpoint that is refused, rather than a store that is away? SQLSTATE 22 data, 23 constraint, 54 limits. */
function isRefusal(cause: unknown): boolean {
  if (cause instanceof CheckpointCorrupt) return true;
  const state = (cause as { code?: unknown } | null)?.code;
  return typeof state === "string" && /^(22|23|54)/.test(state);
}
