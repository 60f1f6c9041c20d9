// A lock in Redis, of one holder at a time and for a bounded time.
// free      nobody holds it; `acquire` takes it
// held      by one token, until its ttl runs out; `renew` moves that, `release` ends it
// expired   as free: the former holder's token counts no more, and its fence is below the next one's
// Time alone never proves that a holder still holds it: what it writes carries the fence, and the store refuses
// a fence that another one has followed.
import { randomBytes } from "node:crypto";
import { pause } from "../clock.ts";
import { keys } from "../keys.ts";
import { lock as limits } from "../limits.ts";
import type { ScriptedRedis } from "../scripts.ts";

/** What a holder has: the token proves it to the lock, the fence to what it writes. */
export interface Held {
  /** 128 random bits, hex. */
  readonly token: string;
  /** Above the fence of every earlier holder of this key. */
  readonly fence: number;
}

export interface LockOptions {
  readonly ttlMs?: number;
  /** How long to wait for another holder; 0: not at all. */
  readonly waitMs?: number;
  /** Stops waiting, and is part of the signal the work gets. */
  readonly signal?: AbortSignal;
}

/** Somebody else holds the lock, or the store could not say. */
export class LockNotAcquired extends Error {
  constructor(key: string) {
    super(`not acquired: ${key}`);
    this.name = "LockNotAcquired";
  }
}

/** The lock ran out, or was taken away, while the work went on. */
export class LockLost extends Error {
  constructor(key: string) {
    super(`lost: ${key}`);
    this.name = "LockLost";
  }
}

/** What happened, for metrics. */
export interface LockWatch {
  waited(seconds: number, isAcquired: boolean): void;
  lost(): void;
}

export interface Locks {
  readonly namespace: string;
  /** Null: not acquired. An unreachable store counts as that. Never throws. */
  acquire(key: string, options?: LockOptions): Promise<Held | null>;
  /** False: the token holds it no more. Throws when the store does not answer. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** False: the token held it no more; nothing was done. Throws when the store does not answer. */
  release(key: string, token: string): Promise<boolean>;
  /**
   * Runs work under the lock, renewed as long as it runs and released however it ends. `signal` aborts with
   * `LockLost`. Throws `LockNotAcquired`, `LockLost`, or what the work throws. Not re-entrant.
   */
  withLock<T>(
    key: string,
    options: LockOptions,
    work: (signal: AbortSignal, fence: number) => Promise<T>,
  ): Promise<T>;
}

interface LocksOptions {
  /** Redis-S: where the fenced data is. */
  readonly redis: ScriptedRedis;
  readonly namespace: string;
  readonly watch?: LockWatch;
}

interface Taken extends Held {
  /** Monotonic ms until which the store cannot have let it go. */
  readonly sureUntil: number;
}

const never = new AbortController().signal;

export function openLocks({ redis, namespace, watch }: LocksOptions): Locks {
  const nameOf = (key: string) => keys.lock(namespace, key);

  /** As the store says, or throws after `ms`: a client that waits for its store would wait for ever. */
  const within = async <T>(ms: number, reply: Promise<T>): Promise<T> => {
    const done = new AbortController();
    const late = pause(ms, done.signal).then(() => {
      if (done.signal.aborted) return undefined as never;
      throw new Error("the lock store did not answer in time");
    });
    try {
      return await Promise.race([reply, late]);
    } finally {
      done.abort();
    }
  };

  const tryOnce = async (key: string, ttlMs: number): Promise<Taken | null> => {
    if (redis.status !== "ready") return null;
    const fenceKey = keys.lockFence(namespace, key);
    const ttlSeconds = limits.fenceTtlSeconds;
    const token = randomBytes(16).toString("hex");
    const sureUntil = performance.now() + ttlMs;
    const reply = redis.eco2LockAcquire(nameOf(key), fenceKey, token, ttlMs, ttlSeconds);
    try {
      const fence = await within(limits.commandMs, reply);
      return fence > 0 ? { token, fence, sureUntil } : null;
    } catch {
      // it may have been taken all the same: nobody has that token, so it is given back once the store answers
      void reply.then(() => redis.eco2LockRelease(nameOf(key), token)).catch(() => undefined);
      return null;
    }
  };

  const take = async (key: string, options: LockOptions): Promise<Taken | null> => {
    const { ttlMs = limits.ttlMs, waitMs = 0, signal = never } = options;
    const startedAt = performance.now();
    for (;;) {
      const held = signal.aborted ? null : await tryOnce(key, ttlMs);
      const waitedMs = performance.now() - startedAt;
      if (held || waitedMs >= waitMs || signal.aborted) {
        watch?.waited(waitedMs / 1000, held !== null);
        return held;
      }
      const spread = limits.pollMs.max - limits.pollMs.min;
      const pollMs = limits.pollMs.min + Math.random() * spread;
      await pause(Math.min(pollMs, waitMs - waitedMs), signal);
    }
  };

  const renew: Locks["renew"] = async (key, token, ttlMs) =>
    (await within(limits.commandMs, redis.eco2LockRenew(nameOf(key), token, ttlMs))) === 1;

  const release: Locks["release"] = async (key, token) =>
    (await within(limits.commandMs, redis.eco2LockRelease(nameOf(key), token))) === 1;

  return {
    namespace,
    acquire: async (key, options = {}) => {
      const held = await take(key, options);
      return held && { token: held.token, fence: held.fence };
    },
    renew,
    release,
    async withLock(key, options, work) {
      const { ttlMs = limits.ttlMs, signal = never } = options;
      signal.throwIfAborted();
      const held = await take(key, options);
      if (!held) {
        signal.throwIfAborted();
        throw new LockNotAcquired(key);
      }
      let { sureUntil } = held;
      const lost = new AbortController();
      const lose = () => {
        if (lost.signal.aborted) return;
        watch?.lost();
        lost.abort(new LockLost(key));
      };
      let isRenewing = false;
      const keep = async () => {
        if (performance.now() >= sureUntil) return lose(); // frozen, or the store away, for the whole ttl
        if (isRenewing) return;
        isRenewing = true;
        const askedAt = performance.now();
        try {
          if (await renew(key, held.token, ttlMs)) sureUntil = askedAt + ttlMs;
          else lose();
        } catch {
          // the store does not answer: tried again until the ttl is surely over
        } finally {
          isRenewing = false;
        }
      };
      const timer = setInterval(() => void keep(), ttlMs / 3);
      try {
        const result = await work(AbortSignal.any([signal, lost.signal]), held.fence);
        if (performance.now() >= sureUntil) lose();
        lost.signal.throwIfAborted();
        return result;
      } catch (cause) {
        // what was aborted throws all sorts of things; the reason is this one
        lost.signal.throwIfAborted();
        throw cause;
      } finally {
        clearInterval(timer);
        await release(key, held.token).catch(() => false); // else it runs out by itself
      }
    },
  };
}
