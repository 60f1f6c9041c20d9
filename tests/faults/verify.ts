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
}

function compareIds(a: string, b: string): number {
  const [aAttempt = 0, aN = 0] = a.split("-").map(Number);
  const [bAttempt = 0, bN = 0] = b.split("-").map(Number);
  return aAttempt - bAttempt || aN - bN;
}

/**
 * Follows one job the way a right client does, over any number of connections, and says what was wrong.
 * Knows only the protocol: ids rise, token numbers have no hole and no repeat, `done` comes once and last.
 */
export class StreamCheck {
  readonly job: string;
  readonly violations: Violation[] = [];
  text = "";
  lastId: string | undefined;
  done: Frame | undefined;
  private lastSeq: number | undefined;
  private tokens = 0;

  constructor(job: string) {
    this.job = job;
  }

  private blame(flaw: Flaw, detail: string): void {
    this.violations.push({ flaw, job: this.job, detail });
  }

  frame(frame: Frame): void {
    if (frame.id === undefined) return; // keepalive, transport error
    const isReset = frame.event === "token_recovery" && frame.data["reset"] === true;
    if (this.done) {
      this.blame("double_ending", `${frame.event} ${frame.id} after done ${this.done.id}`);
      return;
    }
    if (this.lastId !== undefined && compareIds(frame.id, this.lastId) <= 0 && !isReset) {
      this.blame("reordered", `${frame.event} ${frame.id} after ${this.lastId}`);
    }
    if (frame.event === "token") this.token(frame);
    if (frame.event === "token_recovery") {
      this.lastSeq = Number(frame.data["last_seq"]);
      this.tokens = frame.data["accumulated"] === "" ? 0 : Number.NaN; // how many is not told
    }
    this.text = follow(this.text, frame);
    this.lastId = frame.id;
    if (frame.event === "done") this.end(frame);
  }

  private token(frame: Frame): void {
    const seq = Number(frame.data["seq"]);
    const first = Number(frame.data["first_seq"] ?? seq);
    const expected = this.lastSeq === undefined ? first : this.lastSeq + 1;
    if (first < expected) this.blame("repeated", `token ${first} after ${this.lastSeq}`);
    if (first > expected) this.blame("lost", `token ${first} after ${this.lastSeq}`);
    this.lastSeq = seq;
    this.tokens += seq - first + 1;
  }

  private end(frame: Frame): void {
    this.done = frame;
    const result = resultOf(frame);
    const answer = String(result["answer"] ?? "");
    // a reader that came after the end gets the answer in `done` alone
    if (this.text !== "" && this.text !== answer) {
      const kind = answer.startsWith(this.text) ? "lost" : "wrong_text";
      this.blame(kind, `${this.text.length} characters held, ${answer.length} in the answer`);
    }
    if (createHash("sha256").update(answer).digest("hex") !== result["sha256"]) {
      this.blame("wrong_text", "the checksum is not the answer's");
    }
    if (this.text !== "" && Number.isFinite(this.tokens) && this.tokens !== result["tokens"]) {
      this.blame("lost", `${this.tokens} tokens held, ${String(result["tokens"])} told`);
    }
  }

  /** No ending within the time a job may take. */
  gaveUp(afterMs: number): void {
    if (!this.done) this.blame("unended", `no ending after ${Math.round(afterMs)} ms`);
  }

  /** The rows of this job against what the reader saw. */
  rows(rows: readonly { role: string; content: string }[], question: string): void {
    const done = this.done;
    if (!done) return;
    const answer = String(resultOf(done)["answer"] ?? "");
    const keeps =
      done.data["status"] === "completed" || (done.data["status"] === "cancelled" && answer !== "");
    const wanted = [
      { role: "user", content: question },
      ...(keeps ? [{ role: "assistant", content: answer }] : []),
    ];
    const got = rows.map(({ role, content }) => ({ role, content }));
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      const roles = got.map((row) => `${row.role}:${row.content.length}`).join(" ");
      this.blame("wrong_rows", `${String(done.data["status"])}, rows ${roles || "none"}`);
    }
  }
}
