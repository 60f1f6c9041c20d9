import * as v from "valibot";
import { subAgents, type SubAgent } from "../../shared/contract/stages.ts";

/** open: go on without. fallback: use the node's other way, else as open. close: the job fails. */
const failModes = ["open", "fallback", "close"] as const;
type FailMode = (typeof failModes)[number];

export interface Policy {
  readonly timeoutMs: number;
  /** Tries after the first. A timeout is not tried again. */
  readonly retries: number;
  /** Pause before try n + 1 is n times this; by default `retryPauseMs`. */
  readonly retryPauseMs?: number;
  /** Failures in a row that open the breaker. */
  readonly breakAfter: number;
  readonly failMode: FailMode;
  /** What the context's priority ages against. */
  readonly deadlineMs: number;
  /** Lower wins in the context reducer: 0 critical, 25 high, 50 normal, 75 low. */
  readonly priority: number;
  /** The bulkhead: runs of this node at once in this process, and how many may wait for their turn. */
  readonly atOnce: number;
  readonly waiting: number;
}
export type Policies = Readonly<Record<SubAgent | "vision", Policy>>;

function wholeFrom(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

/** More at once helps no service of ours; a worker runs 30 jobs by default, each of them in a node once. */
const atOnce = 64;
const waiting = 256;

/** Sources: contract 7.2 (priority) and 7.10; location has 10 s because it calls a model and an API. */
export const policies: Policies = {
  waste_rag: policy(1_000, 1, 5, "fallback", 8_000, 0),
  bulk_waste: policy(10_000, 2, 5, "fallback", 8_000, 0),
  location: policy(10_000, 2, 5, "fallback", 5_000, 0),
  general: policy(30_000, 2, 3, "close", 10_000, 25),
  character: policy(3_000, 1, 3, "open", 5_000, 25),
  collection_point: policy(10_000, 2, 5, "fallback", 8_000, 0),
  weather: policy(5_000, 1, 3, "open", 8_000, 75),
  web_search: policy(10_000, 2, 5, "fallback", 10_000, 25),
  recyclable_price: policy(10_000, 2, 5, "fallback", 5_000, 50),
  // a picture takes longer than the contract's table allows: external-apis 0.4 gives it 60 s
  image_generation: policy(60_000, 1, 3, "open", 30_000, 50),
  vision: policy(30_000, 1, 3, "open", 10_000, 0),
};

/** Everything an operator may change of a policy. */
const Override = v.partial(
  v.object({
    timeoutMs: wholeFrom(1, 600_000),
    retries: wholeFrom(0, 10),
    breakAfter: wholeFrom(1, 1000),
    failMode: v.picklist(failModes),
    deadlineMs: wholeFrom(1, 600_000),
    priority: wholeFrom(0, 100),
    atOnce: wholeFrom(1, 10_000),
    waiting: wholeFrom(0, 100_000),
  }),
);
const nodeNames = [...subAgents, "vision"] as const;

/** JSON like `{"location": {"timeoutMs": 8000}}`; every node and every number is optional, unknown ones are refused. */
export const PolicyOverrides = v.pipe(
  v.string(),
  v.parseJson(undefined, "must be JSON"),
  v.strictObject(v.entriesFromList(nodeNames, v.optional(v.strictObject(Override.entries)))),
);
type PolicyOverrides = v.InferOutput<typeof PolicyOverrides>;

/** The defaults with an operator's numbers put over them. */
export function policiesWith(overrides: PolicyOverrides): Policies {
  const changed = nodeNames.map((node) => [node, { ...policies[node], ...overrides[node] }]);
  return Object.fromEntries(changed) as Policies;
}

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
  return { timeoutMs, retries, breakAfter, failMode, deadlineMs, priority, atOnce, waiting };
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
