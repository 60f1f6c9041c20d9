import { type Clock, pause } from "../shared/clock.ts";
import { router } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import { holdLease, releaseLease, type ScriptedRedis } from "../shared/scripts.ts";
import { repeat, replyOf } from "./loop.ts";

/** Ours ends this much before the store lets somebody else have it: time for a publish that is under way. */
const marginMs = 200;
/** A lease somebody else holds is asked for this often, so that one that was given back moves at once. */
const askMs = 150;

/** Which shards and duties are this replica's. Known by monotonic time, so a frozen replica knows when it wakes. */
export interface Leases {
  isOurs(key: string): boolean;
  /** Rises each time a lease becomes ours, also when it was only interrupted. */
  term(key: string): number;
  /** The store answered lately. */
  answeredWithin(ms: number): boolean;
  /** The loop; resolves when the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  /** Gives everything back, so that the next replica need not wait. */
  release(): Promise<void>;
}

interface LeaseOptions {
  /** A connection of its own: a long command of another loop must not delay a renewal. */
  readonly redis: ScriptedRedis;
  readonly wanted: readonly string[];
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function createLeases({ redis, wanted, holder, clock, log }: LeaseOptions): Leases {
  const until = new Map<string, number>();
  const terms = new Map<string, number>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  const isOurs = (key: string) => (until.get(key) ?? 0) > clock.monotonicMs();

  const hold = async (key: string) => {
    const askedAt = clock.monotonicMs(); // the store counts from later than this
    const word = await holdLease(redis, key, holder, router.leaseMs);
    answeredAt = clock.monotonicMs();
    const wasOurs = isOurs(key);
    if (word === "other") {
      until.delete(key);
      if (wasOurs) log.warn("lease lost", { lease: key });
      return;
    }
    if (!wasOurs || word === "taken") {
      terms.set(key, (terms.get(key) ?? 0) + 1);
      log.info("lease taken", { lease: key });
    }
    until.set(key, askedAt + router.leaseMs - marginMs);
  };

  return {
    isOurs,
    term: (key) => terms.get(key) ?? 0,
    answeredWithin: (ms) => clock.monotonicMs() - answeredAt <= ms,
    keep: (signal) => {
      const heart = { beat: () => {} };
      return repeat({ name: "leases", log, signal, heart }, async () => {
        await replyOf(redis, Promise.all(wanted.map(hold)), heart, signal);
        await pause(wanted.every(isOurs) ? router.renewMs : askMs, signal);
      });
    },
    release: async () => {
      until.clear();
      if (redis.status !== "ready") return; // they run out by themselves
      await Promise.all(wanted.map((key) => releaseLease(redis, key, holder)));
    },
  };
}
