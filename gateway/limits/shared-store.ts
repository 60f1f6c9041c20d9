import { type Clock, pause } from "../../shared/clock.ts";
import { quota } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";

/** Asks the shared counts: undefined when they are away or slow, and then not again for a moment. */
export type AskShared = <T>(ask: (redis: ScriptedRedis) => Promise<T>) => Promise<T | undefined>;

/** Losing the counts is harmless, waiting for them is not. */
export function createAskShared(
  redis: ScriptedRedis,
  clock: Clock,
  waitMs: number = quota.sharedMs,
): AskShared {
  let aloneUntil = 0;
  return async (ask) => {
    if (redis.status !== "ready" || clock.monotonicMs() < aloneUntil) return undefined;
    const answered = new AbortController();
    const late = pause(waitMs, answered.signal).then(() => undefined);
    const work = ask(redis).catch(() => undefined);
    const answer = await Promise.race([work, late]);
    answered.abort();
    if (answer === undefined) aloneUntil = clock.monotonicMs() + quota.alonePauseMs;
    return answer;
  };
}
