import type { Ending } from "../../shared/contract/event.ts";
import { job as limits } from "../../shared/limits.ts";

/** One entry of a log, as far as the promises go: its place, what it is, and its text. */
export interface Fact {
  readonly id: string;
  readonly event: string;
  readonly text: string;
}

/** A job without Redis, broker or database: who may write, what was written, how it ended. */
export class ReferenceJob {
  readonly log: Fact[] = [];
  status: "unknown" | "queued" | "running" | Ending = "unknown";
  attempt = 0;
  /** Place of the last entry of this attempt. */
  n = 0;
  tries = 0;
  hasLease = false;
  /** Somebody began to end it this way: nobody runs it any more, and whoever ends it ends it so. */
  wanted: "failed" | "cancelled" | undefined;
  /** What a right reader holds: the text since the last reset. */
  text = "";
  private readonly turns: ReferenceJob[];

  /** `turns`: the jobs of the chat that have not ended, in order. */
  constructor(turns: ReferenceJob[]) {
    this.turns = turns;
  }

  get hasEnded(): boolean {
    return this.status === "completed" || this.status === "failed" || this.status === "cancelled";
  }

  accept(): void {
    if (this.status !== "unknown") return;
    this.status = "queued";
    this.turns.push(this);
    this.log.push({ id: "0-1", event: "queued", text: "" });
  }

  /** What somebody who wants to run it is told. */
  wouldTake(redelivered: boolean): "ended" | "busy" | "exhausted" | "waiting" | "taken" {
    if (this.hasEnded) return "ended";
    if (this.wanted) return "busy";
    if (this.status === "running" && this.hasLease && !redelivered) return "busy";
    if (this.tries >= limits.maxAttempts) return "exhausted";
    return this.turns[0] === this ? "taken" : "waiting";
  }

  take(attempt: number): void {
    this.begin(attempt);
    this.tries++;
  }

  /** What a batch of an attempt is told; an attempt that is not the newest changes nothing. */
  append(
    attempt: number,
    first: number,
    facts: readonly Fact[],
    ending: Ending | undefined,
  ): "appended" | "stale" | "ended" {
    const isRepeated = attempt === this.attempt && this.n >= first + facts.length - 1;
    if (isRepeated) return "appended";
    if (this.hasEnded) return "ended";
    if (attempt !== this.attempt || this.n !== first - 1) return "stale";
    for (const fact of facts) this.write(fact);
    this.hasLease = true;
    if (ending) this.end(ending);
    return "appended";
  }

  /** Somebody else is about to end it: an attempt of its own, which fences the worker out. */
  seize(attempt: number, ending: "failed" | "cancelled"): void {
    this.begin(attempt);
    this.wanted ??= ending;
  }

  /** That attempt's one entry. */
  endFromOutside(): void {
    this.write({ id: `${this.attempt}-1`, event: "done", text: "" });
    this.end(this.wanted ?? "failed");
  }

  private begin(attempt: number): void {
    if (attempt <= this.attempt) throw new Error(`attempt ${attempt} after ${this.attempt}`);
    this.attempt = attempt;
    this.n = 0;
    this.status = "running";
    this.hasLease = true;
  }

  private write(fact: Fact): void {
    this.log.push(fact);
    this.n++;
    if (fact.event === "token_recovery") this.text = "";
    else if (fact.event === "token") this.text += fact.text;
  }

  private end(ending: Ending): void {
    this.status = ending;
    this.turns.splice(this.turns.indexOf(this), 1);
  }
}
