import type { DoneResult } from "./wire.ts";

/** What a reader has of a job; enough to come back for exactly the rest. */
export interface Held {
  readonly text: string;
  readonly lastEventId: string | undefined;
  /** Number of the last token in `text`; undefined when the reader cannot know. */
  readonly lastSeq: number | undefined;
}

/** The first token of a job is 1001. */
export const nothingHeld: Held = { text: "", lastEventId: undefined, lastSeq: 1000 };

interface Token {
  readonly seq: number;
  readonly first_seq?: number | undefined;
  readonly content: string;
}

interface Snapshot {
  readonly accumulated: string;
  readonly last_seq: number;
}

/**
 * Appends a token. `repeated`: it was there already. `gap`: tokens before it are missing, the text must be
 * asked for anew.
 */
export function holdToken(
  held: Held,
  id: string | undefined,
  token: Token,
): Held | "repeated" | "gap" {
  const first = token.first_seq ?? token.seq;
  if (held.lastSeq !== undefined) {
    if (token.seq <= held.lastSeq) return "repeated";
    if (first !== held.lastSeq + 1) return "gap";
  }
  return {
    text: held.text + token.content,
    lastEventId: id ?? held.lastEventId,
    lastSeq: token.seq,
  };
}

/** Replaces the text: a late reader's snapshot, or a new attempt that starts over. */
export function holdSnapshot(held: Held, id: string | undefined, snapshot: Snapshot): Held {
  return {
    text: snapshot.accumulated,
    lastEventId: id ?? held.lastEventId,
    lastSeq: Math.max(snapshot.last_seq, 1000),
  };
}

/** `whole`: the reader came after the end. `mended`: it held something else and takes the server's text. */
export type Check = "intact" | "whole" | "mended" | "damaged";

/** Compares what was held with what the server says the answer is; sha256 decides where the browser has it. */
export async function checkAnswer(
  held: Held,
  result: Pick<DoneResult, "answer" | "sha256">,
): Promise<{ text: string; check: Check }> {
  const answer = result.answer ?? "";
  const holdsNothing = held.text === "" && answer !== "";
  const text = holdsNothing ? answer : held.text;
  const sum = await sha256Hex(text);
  const isRight = text === answer && (sum === undefined || sum === result.sha256);
  if (isRight) return { text, check: holdsNothing ? "whole" : "intact" };
  const answerSum = text === answer ? sum : await sha256Hex(answer);
  const answerIsRight = answerSum === undefined || answerSum === result.sha256;
  return { text: answer, check: answerIsRight ? "mended" : "damaged" };
}

/** Undefined outside a secure context (http on a LAN address), where browsers offer no digest. */
async function sha256Hex(text: string): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const digest = await subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
