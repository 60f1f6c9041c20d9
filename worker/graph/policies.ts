import type { SubAgent } from "../../shared/contract/stages.ts";

/** open: go on without. fallback: use the node's other way, else as open. close: the job fails. */
type FailMode = "open" | "fallback" | "close";

export interface Policy {
  readonly timeoutMs: number;
  /** Tries after the first. A timeout is not tried again. */
  readonly retries: number;
  /** Failures in a row that open the breaker. */
  readonly breakAfter: number;
  readonly failMode: FailMode;
  /** What the context's priority ages against. */
  readonly deadlineMs: number;
  /** Lower wins in the context reducer: 0 critical, 25 high, 50 normal, 75 low. */
  readonly priority: number;
}

/** Sources: contract 7.2 (priority) and 7.10; location has 10 s because it calls a model and an API. */
export const policies: Readonly<Record<SubAgent, Policy>> = {
  waste_rag: policy(1_000, 1, 5, "fallback", 8_000, 0),
  bulk_waste: policy(10_000, 2, 5, "fallback", 8_000, 0),
  location: policy(10_000, 2, 5, "fallback", 5_000, 0),
  general: policy(30_000, 2, 3, "close", 10_000, 25),
  character: policy(3_000, 1, 3, "open", 5_000, 25),
  collection_point: policy(10_000, 2, 5, "fallback", 8_000, 0),
  weather: policy(5_000, 1, 3, "open", 8_000, 75),
  web_search: policy(10_000, 2, 5, "fallback", 10_000, 25),
  recyclable_price: policy(10_000, 2, 5, "fallback", 5_000, 50),
  image_generation: policy(30_000, 1, 3, "open", 30_000, 50),
};

/** How long an open breaker waits before one call may try again. */
export const halfOpenAfterMs = 30_000;
/** Pause before try n + 1: this times n. */
export const retryPauseMs = 100;

function policy(
  timeoutMs: number,
  retries: number,
  breakAfter: number,
  failMode: FailMode,
  deadlineMs: number,
  priority: number,
): Policy {
  return { timeoutMs, retries, breakAfter, failMode, deadlineMs, priority };
}

/** Urgent near the deadline (up to 20 less), less trusted as a fallback (15 more); 0 to 100. */
export function effectivePriority(
  of: Pick<Policy, "priority" | "deadlineMs">,
  elapsedMs: number,
  isFallback: boolean,
): number {
  const ratio = elapsedMs / of.deadlineMs;
  const aged = ratio > 0.8 ? Math.min(20, Math.trunc(((ratio - 0.8) / 0.2) * 20)) : 0;
  return Math.min(100, Math.max(0, of.priority - aged + (isFallback ? 15 : 0)));
}
