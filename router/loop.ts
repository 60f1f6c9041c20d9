import type { Redis } from "ioredis";
import { type Clock, pause } from "../shared/clock.ts";
import { reconnect } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";

/** A reply this late means the connection is dead or the store is frozen: connect anew. */
const silentMs = 5000;
/** After the signal a call that hangs on a dead store is given up, or nothing could ever stop. */
const stopAfterMs = 2000;

/** What a loop last did, for `/live` and `/ready`. */
export interface Heart {
  /** The loop turned, or waits and knows why. */
  beat(): void;
  /** The loop did what it is for. */
  worked(): void;
  beatWithin(ms: number): boolean;
  workedWithin(ms: number): boolean;
}

export function createHeart(clock: Clock): Heart {
  let beatAt = clock.monotonicMs();
  let workedAt = Number.NEGATIVE_INFINITY;
  return {
    beat: () => void (beatAt = clock.monotonicMs()),
    worked: () => void (workedAt = beatAt = clock.monotonicMs()),
    beatWithin: (ms) => clock.monotonicMs() - beatAt <= ms,
    workedWithin: (ms) => clock.monotonicMs() - workedAt <= ms,
  };
}

/** Thrown out of a call that was given up because the process stops. */
export class Stopping extends Error {}

interface Patience {
  readonly heart: Pick<Heart, "beat">;
  readonly signal: AbortSignal;
  readonly silentMs: number;
  /** Called whenever the call was silent for that long: to replace the connection. */
  readonly onSilent: () => void;
}

/** Waits for a call, however long, while the heart goes on beating. Rejects with `Stopping` soon after the signal. */
export function patiently<T>(call: Promise<T>, patience: Patience): Promise<T> {
  const { heart, signal, silentMs, onSilent } = patience;
  return new Promise<T>((resolve, reject) => {
    const tickMs = 500;
    let waitedMs = 0;
    let stoppingMs = 0;
    const timer = setInterval(() => {
      heart.beat();
      waitedMs += tickMs;
      if (signal.aborted) {
        stoppingMs += tickMs;
        if (stoppingMs >= stopAfterMs) settle(() => reject(new Stopping()));
      } else if (waitedMs >= silentMs) {
        waitedMs = 0;
        onSilent();
      }
    }, tickMs);
    const settle = (how: () => void) => {
      clearInterval(timer);
      how();
    };
    call.then(
      (value) => settle(() => resolve(value)),
      (cause: unknown) => settle(() => reject(cause)),
    );
  });
}

/** Waits for a reply of Redis. A connection that stays silent is replaced: a frozen peer closes nothing. */
export function replyOf<T>(
  redis: Redis,
  call: Promise<T>,
  heart: Pick<Heart, "beat">,
  signal: AbortSignal,
): Promise<T> {
  const onSilent = () => {
    if (redis.status !== "reconnecting") redis.disconnect(true);
  };
  return patiently(call, { heart, signal, silentMs, onSilent });
}

/** Milliseconds before try number `failures` + 1. */
export function backoffMs(failures: number): number {
  return Math.min(reconnect.maxMs, reconnect.firstMs * 2 ** Math.min(failures, 8));
}

/** Errors that no waiting mends: they end the process, and the platform starts it anew. */
function isBug(cause: unknown): boolean {
  return (
    cause instanceof TypeError ||
    cause instanceof ReferenceError ||
    cause instanceof RangeError ||
    cause instanceof SyntaxError
  );
}

interface LoopOptions {
  readonly name: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly heart: Pick<Heart, "beat">;
  /** Called for every turn that failed. */
  readonly onFailure?: (cause: unknown) => void;
}

/** Turns until the signal. An outage is logged once and waited out, for ever; only a bug ends the loop. */
export async function repeat(options: LoopOptions, turn: () => Promise<void>): Promise<void> {
  const { name, log, signal, heart } = options;
  let failures = 0;
  while (!signal.aborted) {
    heart.beat();
    try {
      await turn();
      if (failures > 0) log.info("loop goes on", { loop: name, failures });
      failures = 0;
    } catch (cause) {
      if (cause instanceof Stopping) return;
      if (isBug(cause)) throw cause;
      options.onFailure?.(cause);
      if (failures === 0) log.warn("loop failed, trying again", { loop: name, error: cause });
      await pause(backoffMs(failures++), signal);
    }
  }
}
