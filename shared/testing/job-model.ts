import { expect } from "bun:test";
import fc from "fast-check";
import { type ChatId, type JobId, newJobId, shardOf } from "../contract/ids.ts";
import { stream } from "../limits.ts";
import type { AppendInput } from "../scripts.ts";

/** Whoever was given an attempt: a worker, or someone who ends the job. May live on after it lost the job. */
export interface Actor {
  readonly attempt: number;
  next: number;
  last: AppendInput | undefined;
}

/** The reference: what a job is, without Redis. */
export class ModelJob {
  readonly jobId: JobId = newJobId();
  readonly actors: Actor[] = [];
  readonly log: string[] = [];
  status: "unknown" | "queued" | "running" | "completed" | "failed" = "unknown";
  attempt = 0;
  tries = 0;
  hasLease = false;
  /** Somebody from outside is ending it: until it has ended nobody else may. */
  isSeized = false;
  /** Place in the log of the mark; -1 for none. */
  marked = -1;

  get isEnded() {
    return this.status === "completed" || this.status === "failed";
  }
  owns(actor: Actor) {
    return actor.attempt === this.attempt;
  }
  /** The words of renew and release, and of an append that adds nothing new. */
  refusal(actor: Actor): "ended" | "stale" | undefined {
    if (this.isEnded) return "ended";
    return this.owns(actor) ? undefined : "stale";
  }
  start(attempt: number) {
    expect(attempt).toBeGreaterThan(this.attempt);
    this.actors.push({ attempt, next: 1, last: undefined });
    Object.assign(this, { attempt, status: "running", hasLease: true });
  }
}

/** One thing somebody does to one of two jobs of a chat. */
export const step = fc.record({
  op: fc.oneof(
    { weight: 5, arbitrary: fc.constant("append" as const) },
    { weight: 3, arbitrary: fc.constantFrom("take" as const, "retry" as const) },
    fc.constantFrom(
      "accept",
      "expire",
      "seize",
      "release",
      "renew",
      "gap",
      "mark",
      "race" as const,
    ),
  ),
  job: fc.nat(1),
  actor: fc.nat(5),
  size: fc.integer({ min: 1, max: 4 }),
  ends: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  flag: fc.boolean(),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A batch of tokens and stages, with `done` at its end if it ends the job. */
export function inputFor(
  job: ModelJob,
  chatId: ChatId,
  first: number,
  attempt: number,
  size: number,
  ends: boolean,
): AppendInput {
  return {
    jobId: job.jobId,
    chatId,
    shard: shardOf(job.jobId, stream.shardCount),
    first: { attempt, n: first },
    entries: Array.from({ length: size }, (_, i) => {
      const event = ends && i === size - 1 ? "done" : (first + i) % 3 === 0 ? "intent" : "token";
      const data = `{"stream_id":"${attempt}-${first + i}","stage":"${event}"}`;
      return { event, data, internal: "" };
    }),
    ending: ends ? "completed" : undefined,
    lastTokenSeq: 1000 + first,
    progress: 10,
    snapshot: undefined,
  };
}
