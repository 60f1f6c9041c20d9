import type { UserId } from "./contract/ids.ts";
import { keys } from "./keys.ts";
import { budget } from "./limits.ts";
import type { ScriptedRedis } from "./scripts.ts";

const seoulMs = 9 * 3600 * 1000;
const dayMs = 86_400_000;

/** The day it is in Seoul, as `2026-11-21`: most of our people live by it. Korea has no summer time. */
export function budgetDay(wallMs: number): string {
  return new Date(wallMs + seoulMs).toISOString().slice(0, 10);
}

/** Until midnight in Seoul. */
export function secondsToNextDay(wallMs: number): number {
  return Math.ceil((dayMs - ((wallMs + seoulMs) % dayMs)) / 1000);
}

export interface Spent {
  readonly user: number;
  readonly total: number;
}

/** Adds tokens of models to a user's day and to everybody's; 0 only looks. Throws what Redis throws. */
export async function spendTokens(
  redis: ScriptedRedis,
  user: UserId,
  tokens: number,
  wallMs: number,
): Promise<Spent> {
  const day = budgetDay(wallMs);
  const counts = [keys.modelTokens(day, user), keys.modelTokens(day, undefined)];
  const [mine = 0, total = 0] = await redis.eco2Spend(...counts, tokens, budget.ttlSeconds);
  return { user: mine, total };
}
