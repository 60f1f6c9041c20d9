import { spendTokens } from "../shared/budget.ts";
import type { Clock } from "../shared/clock.ts";
import type { UserId } from "../shared/contract/ids.ts";
import { budget } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";

/** Counts what models used for a user. Never throws and is not waited for. */
export type Spend = (user: UserId, tokens: number) => Promise<void>;

/**
 * While Redis is away counts are kept and go along with the next run's. A count that was sent and not answered is not
 * sent again: the client does that by itself, and counting twice would take from a person what they did not use.
 */
export function createSpend(options: {
  readonly redis: ScriptedRedis;
  readonly clock: Clock;
  readonly log: Log;
}): Spend {
  const { redis, clock, log } = options;
  const pending = new Map<UserId, number>();
  return async (user, tokens) => {
    if (tokens > 0 && (pending.has(user) || pending.size < budget.pendingUsers)) {
      pending.set(user, (pending.get(user) ?? 0) + tokens);
    }
    for (const [who, count] of pending) {
      if (redis.status !== "ready") return;
      pending.delete(who); // before it is awaited: another run counts from zero
      try {
        await spendTokens(redis, who, count, clock.wallMs());
      } catch (error) {
        log.warn("model tokens perhaps not counted", { error });
      }
    }
  };
}
