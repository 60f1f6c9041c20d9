import type { ScanStage } from "../../shared/contract/scan.ts";
import type { Policy } from "../graph/policies.ts";

export type WorkStage = Exclude<ScanStage, "queued">;

/** In the order they run; each one's progress once it is done. */
export const stages = [
  "vision",
  "rule",
  "answer",
  "reward",
] as const satisfies readonly WorkStage[];
export const progressAfter = { vision: 25, rule: 50, answer: 75, reward: 100 } as const;

const common = {
  breakAfter: 5,
  deadlineMs: 60_000,
  priority: 0,
  atOnce: 64,
  waiting: 256,
} as const;

/** The contract's limits (domains 5.2). A try that took its whole time is not made again: people do not wait longer. */
export const scanPolicies: Readonly<Record<WorkStage, Policy>> = {
  vision: { ...common, timeoutMs: 60_000, retries: 2, failMode: "fallback", retryPauseMs: 1000 },
  rule: { ...common, timeoutMs: 30_000, retries: 3, failMode: "close" },
  answer: { ...common, timeoutMs: 60_000, retries: 2, failMode: "fallback", retryPauseMs: 1000 },
  reward: { ...common, timeoutMs: 30_000, retries: 3, failMode: "open" },
};
