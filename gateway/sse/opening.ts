import { addToText, type AnswerText, noText } from "../../shared/contract/answer-text.ts";
import { type EventId, formatEventId, type JobId } from "../../shared/contract/ids.ts";
import { sse } from "../../shared/limits.ts";
import type { Cursor } from "./cursor.ts";
import { endingOf, type LogEntry, logStart, terminalEvent } from "./entry.ts";
import { frame, recoveryFrame, resetFrame } from "./frame.ts";
import type { LogReader } from "./log-reader.ts";

/** What a new reader gets before anything live: nothing at all (204), or these frames. */
export type Opening =
  | { readonly word: "nothing" }
  | {
      readonly word: "frames";
      readonly text: string;
      /** The log follows after this. */
      readonly cursor: EventId;
      /** The last frame is `done`. */
      readonly isEnded: boolean;
      /** The reader's cursor was not in the log. */
      readonly isReset: boolean;
      /** Log entries it was made of; undefined: it is the ending the state held. */
      readonly read: number | undefined;
    }
  /** Neither log nor ending: a store lost them, or their time is over. */
  | { readonly word: "unknown" };

interface OpeningInput {
  readonly jobId: JobId;
  readonly cursor: Cursor;
  /** What the job's record says. */
  readonly isEnded: boolean;
  readonly ts: string;
}

/**
 * Decides what a new reader gets first. Known cursor: exactly what follows it. Fresh: stages, and the text so
 * far as one `token_recovery`; a finished job is its `done` alone. Cursor the log does not hold: a reset, then
 * as fresh. Throws what the log reader throws.
 */
export async function prepareOpening(logs: LogReader, input: OpeningInput): Promise<Opening> {
  const { cursor, jobId } = input;
  if (cursor.word === "at") {
    const from = formatEventId(cursor.id);
    const [known, ...rest] = await logs.read(jobId, from, sse.logReadCount + 1);
    if (known?.id === from) return follow(known, rest);
  }
  if (input.isEnded) {
    const ending = endingOf(await logs.state(jobId));
    if (ending) {
      const isItsCursor = cursor.word === "at" && formatEventId(cursor.id) === ending.id;
      return isItsCursor ? { word: "nothing" } : finished(frame(ending), cursor, undefined);
    }
  }
  return everything(logs, input);
}

/** A cursor the log holds: what follows, and nothing more. */
function follow(known: LogEntry, rest: readonly LogEntry[]): Opening {
  if (known.event === terminalEvent) return { word: "nothing" };
  const last = rest.at(-1) ?? known;
  return {
    word: "frames",
    text: rest.map(frame).join(""),
    cursor: last,
    isEnded: last.event === terminalEvent,
    isReset: false,
    read: rest.length,
  };
}

function finished(text: string, cursor: Cursor, read: number | undefined): Opening {
  const isReset = cursor.word !== "fresh";
  return { word: "frames", text, cursor: logStart, isEnded: true, isReset, read };
}

/** The whole log, its tokens as one text. Its cost is bounded: a page of entries is held at a time. */
async function everything(logs: LogReader, input: OpeningInput): Promise<Opening> {
  const { jobId, ts } = input;
  const isReset = input.cursor.word !== "fresh";
  /** Stages before the last piece of text, and after it: the text goes between them, so ids rise. */
  let before = "";
  let after = "";
  let answer: AnswerText = noText;
  let lastText: LogEntry | undefined;
  let last: LogEntry | undefined;
  let read = 0;
  for (;;) {
    const page = await logs.read(jobId, last ? `(${last.id}` : "-", sse.logReadCount);
    read += page.length;
    for (const entry of page) {
      last = entry;
      if (entry.event === "token" || entry.event === "token_recovery") {
        answer = addToText(answer, entry.event, entry.data);
        lastText = entry;
        before += after;
        after = "";
      } else after += frame(entry);
    }
    if (last?.event === terminalEvent) return finished(frame(last), input.cursor, read);
    if (page.length < sse.logReadCount) break;
  }
  if (!last && input.isEnded) return { word: "unknown" };
  const recovery = lastText
    ? recoveryFrame({
        jobId,
        id: lastText.id,
        ts,
        text: answer.text,
        lastSeq: answer.lastSeq,
        isReset: false,
      })
    : "";
  return {
    word: "frames",
    text: (isReset ? resetFrame(jobId, ts) : "") + before + recovery + after,
    cursor: last ?? logStart,
    isEnded: false,
    isReset,
    read,
  };
}
