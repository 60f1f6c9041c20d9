import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";

/**
 * The right of one attempt to write one thread. Travels in a run's `configurable.claim`; an object, so that
 * LangGraph copies it into no metadata.
 */
export class Claim {
  readonly thread: string;
  readonly attempt: number;
  /** What the fence holds while the right is ours. */
  readonly token: string;
  /** Asks the store that hands out attempts whether this one still counts. */
  readonly isLive: () => Promise<boolean>;
  /** Highest `n` seen per namespace: the count goes on though Redis may forget it meanwhile. */
  readonly seen = new Map<string, number>();
  /** What was read when the run began, for the graph's own first read. */
  first: { readonly tuple: CheckpointTuple | undefined } | undefined;

  /** Redis had nothing: what PostgreSQL had may lack the last turns. */
  wasCold = false;

  constructor(thread: string, job: string, attempt: number, isLive: () => Promise<boolean>) {
    this.thread = thread;
    this.attempt = attempt;
    this.token = `${attempt} ${job}`;
    this.isLive = isLive;
  }

  note(ns: string, n: number): void {
    this.seen.set(ns, Math.max(n, this.seen.get(ns) ?? 0));
  }

  toJSON(): string {
    return "[claim]";
  }
}
