import { createHash } from "node:crypto";
import { follow, type Frame, resultOf } from "../client.ts";

/** Everything that must never happen to a stream. */
export const flaws = [
  "lost",
  "repeated",
  "reordered",
  "double_ending",
  "unended",
  "wrong_text",
  "wrong_rows",
] as const;
export type Flaw = (typeof flaws)[number];

/** One flaw, with enough to look at it: never the text. */
export interface Violation {
  readonly flaw: Flaw;
  readonly job: string;
  readonly detail: string;
  /** performance.now() when it showed, or when its job was last heard of. */
  readonly at: number;
}

interface Place {
  readonly attempt: number;
  readonly n: number;
}

export function placeOf(id: string): Place {
  const [attempt = 0, n = 0] = id.split("-").map(Number);
  return { attempt, n };
}

function compareIds(a: string, b: string): number {
  const [first, second] = [placeOf(a), placeOf(b)];
  return first.attempt - second.attempt || first.n - second.n;
}

function answerOf(done: Frame): string {
  const answer = resultOf(done)["answer"];
  return typeof answer === "string" ? answer : "";
}

/** Number before the first token's. */
const noToken = 1000;

/**
 * Follows one job the way a right client does, over any number of connections, and says what was wrong: ids
 * rise without a hole, token numbers have no hole and no repeat, progress never falls, `done` comes once and
 * last, the text is the answer. That ids have no hole is more than a client may know; the tests do.
 */
export class StreamCheck {
  readonly job: string;
  readonly violations: Violation[] = [];
  readonly startedAt = performance.now();
  text = "";
  lastId: string | undefined;
  done: Frame | undefined;
  /** performance.now() of the last event. */
  lastAt = performance.now();
  /** Resets seen: how often the text began anew. */
  resets = 0;
  private lastSeq: number | undefined;
  private tokens = 0;
  private progress = 0;
  /** A reader that came late or was reset gets stages, then the text in one piece: until then ids may jump. */
  private hole: string | undefined;

  constructor(job: string) {
    this.job = job;
  }

  private blame(flaw: Flaw, detail: string): void {
    this.violations.push({ flaw, job: this.job, detail, at: this.lastAt });
  }

  frame(frame: Frame): void {
    if (frame.id === undefined) return; // keepalive, transport error
    this.lastAt = performance.now();
    const isReset = frame.event === "token_recovery" && frame.data["reset"] === true;
    if (this.done) {
      this.blame("double_ending", `${frame.event} ${frame.id} after done ${this.done.id}`);
      return;
    }
    this.place(frame.id, isReset);
    this.watchProgress(frame, isReset);
    if (frame.event === "token") this.token(frame);
    if (frame.event === "token_recovery") {
      if (isReset) this.resets++;
      this.hole = undefined;
      this.lastSeq = Math.max(noToken, Number(frame.data["last_seq"]));
      this.tokens = isReset ? 0 : Number.NaN; // how many is not told, and pieces may be empty
    }
    this.text = follow(this.text, frame);
    // a reader that came after the end gets the answer in `done` alone
    if (frame.event === "done") this.end(frame, this.lastId === undefined);
    this.lastId = frame.id;
  }

  private place(id: string, isReset: boolean): void {
    const last = this.lastId;
    if (last === undefined || (isReset && placeOf(id).attempt === 0)) return;
    if (compareIds(id, last) <= 0) return this.blame("reordered", `${id} after ${last}`);
    const [now, before] = [placeOf(id), placeOf(last)];
    const isNext = now.attempt === before.attempt ? now.n === before.n + 1 : now.n === 1;
    if (!isNext) this.hole ??= `${id} after ${last}`;
  }

  private watchProgress(frame: Frame, isReset: boolean): void {
    const progress = frame.data["progress"];
    if (isReset && frame.id === "0-0") this.progress = 0; // told to forget everything
    if (typeof progress !== "number") return;
    if (progress < this.progress) {
      this.blame("reordered", `progress ${progress} after ${this.progress} at ${frame.id}`);
    }
    this.progress = progress;
  }

  private token(frame: Frame): void {
    const seq = Number(frame.data["seq"]);
    const first = Number(frame.data["first_seq"] ?? seq);
    const expected = (this.lastSeq ?? noToken) + 1;
    if (first < expected) this.blame("repeated", `token ${first} after ${this.lastSeq}`);
    if (first > expected) this.blame("lost", `token ${first} after ${this.lastSeq}`);
    if (this.hole !== undefined) this.blame("lost", `event ${this.hole}`);
    this.hole = undefined;
    this.lastSeq = seq;
    this.tokens += seq - first + 1;
  }

  private end(frame: Frame, isAlone: boolean): void {
    this.done = frame;
    const result = resultOf(frame);
    const answer = answerOf(frame);
    if (this.hole !== undefined) this.blame("lost", `event ${this.hole}`);
    if (!isAlone && this.text !== answer) {
      const kind = answer.startsWith(this.text) ? "lost" : "wrong_text";
      this.blame(kind, `${this.text.length} characters held, ${answer.length} in the answer`);
    }
    if (createHash("sha256").update(answer).digest("hex") !== result["sha256"]) {
      this.blame("wrong_text", "the checksum is not the answer's");
    }
    if (!isAlone && Number.isFinite(this.tokens) && this.tokens !== result["tokens"]) {
      this.blame("lost", `${this.tokens} tokens held, ${String(result["tokens"])} told`);
    }
  }

  /** No ending within the time a job may take. */
  gaveUp(afterMs: number, why = ""): void {
    if (!this.done) this.blame("unended", `no ending after ${Math.round(afterMs)} ms\n${why}`);
  }

  /** The rows of this job against what the reader saw: undefined when they are right. */
  rowsFlaw(rows: readonly Row[], question: string): Violation | undefined {
    const done = this.done;
    if (!done) return undefined;
    const answer = answerOf(done);
    const keeps =
      done.data["status"] === "completed" || (done.data["status"] === "cancelled" && answer !== "");
    const wanted = [
      { role: "user", content: question },
      ...(keeps ? [{ role: "assistant", content: answer }] : []),
    ];
    const got = rows.map(({ role, content }) => ({ role, content }));
    if (JSON.stringify(got) === JSON.stringify(wanted)) return undefined;
    const roles = got.map((row) => `${row.role}:${row.content.length}`).join(" ");
    const detail = `${String(done.data["status"])}, rows ${roles || "none"}`;
    return { flaw: "wrong_rows", job: this.job, detail, at: this.lastAt };
  }
}

export interface Row {
  readonly role: string;
  readonly content: string;
}
