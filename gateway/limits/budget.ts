import { budgetDay, secondsToNextDay, spendTokens } from "../../shared/budget.ts";
import type { Clock } from "../../shared/clock.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { budget } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { createAskShared } from "./shared-store.ts";

/** Tokens of paid models per day of Korea; 0: no limit. */
export interface BudgetRules {
  readonly userTokensPerDay: number;
  readonly totalTokensPerDay: number;
}

export interface Budget {
  /**
   * Throws `BUDGET_EXHAUSTED` with the time to midnight in Seoul when the user's day, or everybody's, is used up. What
   * runs already still runs: a user is over by at most the jobs one may have at once.
   */
  check(user: UserId): Promise<void>;
}

/**
 * Workers count what models used after each run, in Redis-S; this looks before a message is taken. When the count does
 * not answer, only those are refused of whom this process saw it today: losing the count must not stop the service.
 */
export function createBudget(options: {
  readonly redis: ScriptedRedis;
  readonly clock: Clock;
  readonly rules: BudgetRules;
  /** For the shared counts. */
  readonly waitMs?: number | undefined;
}): Budget {
  const { redis, clock, rules } = options;
  const { userTokensPerDay, totalTokensPerDay } = rules;
  const ask = createAskShared(redis, clock, options.waitMs);
  let day = "";
  const exhausted = new Set<UserId | "all">();
  const isOver = (count: number, limit: number) => limit > 0 && count >= limit;

  return {
    async check(user) {
      if (userTokensPerDay === 0 && totalTokensPerDay === 0) return;
      const now = clock.wallMs();
      if (budgetDay(now) !== day) {
        day = budgetDay(now);
        exhausted.clear();
      }
      const spent = await ask((shared) => spendTokens(shared, user, 0, now));
      if (spent) {
        note("all", isOver(spent.total, totalTokensPerDay));
        note(user, isOver(spent.user, userTokensPerDay));
      }
      if (!exhausted.has("all") && !exhausted.has(user)) return;
      throw new AppError("BUDGET_EXHAUSTED", { retryAfterSeconds: secondsToNextDay(now) });
    },
  };

  function note(who: UserId | "all", isNowOver: boolean): void {
    if (!isNowOver) exhausted.delete(who);
    else if (exhausted.size < budget.pendingUsers) exhausted.add(who);
  }
}
