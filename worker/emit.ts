// Appends a job's events to its log, numbered, in order, each once.
// open    takes events. While one append is in flight the next ones gather and go out together.
// ending  `end` was called: takes nothing more; the last append carries `done`.
// dropped the shard stayed full: what waited is thrown away, and the job can only end STREAM_FULL. Or the lock the
//         job came with is somebody else's: it can only end SESSION_BUSY.
// closed  the log took `done`, or another attempt owns the job, or `abandon` was called.
import type { AnswerText } from "../shared/contract/answer-text.ts";
import type { JobRecord, Outcome } from "../shared/contract/build-events.ts";
import type { JobErrorCode } from "../shared/contract/event.ts";
import { type Clock, pause } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import { job as jobLimits, stream } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { Appended, ScriptedRedis } from "../shared/scripts.ts";
import { appenderOf } from "./append-together.ts";
import { createCleaner } from "./clean-text.ts";
import {
  type Batch,
  type Position,
  type StageNews,
  takeBatch,
  type Waiting,
} from "./emit-batch.ts";

/** Why an emitter closed: `ended` and `stale` are the log's words, `abandoned` is ours. */
type Closed = "appended" | "ended" | "stale" | "abandoned";

export interface Emit {
  stage(news: StageNews): void;
  /** Throws `ANSWER_TOO_LARGE` when the answer would pass its limit; the text before it stays. */
  token(text: string, node: string): void;
  /** Something to wait for when the store falls behind. */
  room(): Promise<void> | undefined;
  /** Appends what waits, then `done`. Called again it only waits. */
  end(outcome: Omit<Outcome, "answer">): Promise<Closed>;
  /** Stops at once; what waits is lost to this attempt. */
  abandon(): void;
  /** What the log holds of this attempt. */
  answer(): AnswerText;
}

/** A batch the store acknowledged. */
export interface AppendedNews {
  readonly tokens: number;
  /** Where the last of them came from. */
  readonly node: string;
  /** From the emission of its oldest event to the acknowledgement. */
  readonly waitedMs: number;
}

interface EmitOptions {
  readonly redis: ScriptedRedis;
  readonly record: JobRecord;
  readonly attempt: number;
  /** Which try this is; from the second on the first entry tells readers to start over. */
  readonly tries: number;
  readonly lastTokenSeq: number;
  readonly progress: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, as soon as the log does not take this attempt's events any more. */
  readonly onRefused: (why: "ended" | "stale" | "full" | "unlocked") => void;
  /** `traceparent` that goes beside the events, for the router; undefined: nobody records. */
  readonly trace?: string | undefined;
  readonly onAppended?: (news: AppendedNews) => void;
  readonly onDropped?: (tokens: number) => void;
  readonly fullWaitMs?: number;
  readonly retryMs?: number;
}

/** Tokens that may wait for the store before the producer does. */
const waitingTokens = 256;
const defaultRetryMs = 100;
/** Token numbers begin above it. */
const seqBeforeFirst = 1000;

/** Opens an attempt's part of the log. */
export function createEmit(options: EmitOptions): Emit {
  const { clock } = options;
  const appender = appenderOf(options.redis);
  const stop = new AbortController();
  const closed = Promise.withResolvers<Closed>();
  const cleaner = createCleaner();
  const waiting: Waiting[] = [];
  let tokensWaiting = 0;
  /** When the oldest event that waits was emitted. */
  let oldestMs = 0;
  let bytes = 0;
  let lastNode = "answer";
  let outcome: Omit<Outcome, "answer"> | undefined;
  /** The only ending there can be. */
  let instead: { readonly ending: "failed"; readonly errorCode: JobErrorCode } | undefined;
  let state: "open" | "ending" | "dropped" | "closed" = "open";
  /** Queued, on its way, or waiting to be sent again. */
  let isFlushing = false;
  let roomed: PromiseWithResolvers<void> | undefined;
  let position: Position = {
    n: 0,
    progress: options.progress,
    answer: { text: "", tokens: 0, lastSeq: options.lastTokenSeq },
    snapshot: { length: 0, tokens: 0 },
  };

  const wait = (event: Waiting) => {
    if (waiting.length === 0) oldestMs = clock.monotonicMs();
    waiting.push(event);
  };

  const dropWaiting = () => {
    if (tokensWaiting > 0) options.onDropped?.(tokensWaiting);
    waiting.length = 0;
    tokensWaiting = 0;
    roomed?.resolve();
    roomed = undefined;
  };

  const close = (why: Closed) => {
    if (state === "closed") return;
    state = "closed";
    dropWaiting();
    stop.abort();
    closed.resolve(why);
    if (why === "ended" || why === "stale") options.onRefused(why);
  };

  /** What is on its way, the same until it was answered. */
  let sending:
    { readonly batch: Batch; readonly sinceMs: number; readonly tokens: number } | undefined;
  let fullSinceMs: number | undefined;
  let hasWarned = false;

  const take = (): Batch | undefined => {
    if (state === "closed") return undefined;
    if (sending) return sending.batch; // again
    const sinceMs = oldestMs;
    const batch = takeBatch(options, waiting, position, outcome);
    if (!batch) {
      isFlushing = false;
      return undefined;
    }
    const tokens = batch.after.answer.tokens - position.answer.tokens;
    sending = { batch, sinceMs, tokens };
    tokensWaiting -= tokens;
    if (tokensWaiting < waitingTokens) {
      roomed?.resolve();
      roomed = undefined;
    }
    return batch;
  };

  /** True when the batch is to be sent again. */
  const isToRepeat = (word: Appended | Error): boolean => {
    if (word instanceof Error) {
      if (!hasWarned) options.log.warn("append failed, trying again", { error: word });
      hasWarned = true;
      return true;
    }
    if (word !== "full") return false;
    const nowMs = clock.monotonicMs();
    fullSinceMs ??= nowMs;
    return nowMs - fullSinceMs < (options.fullWaitMs ?? stream.fullWaitMs);
  };

  const answered = (word: Appended | Error): void => {
    if (!sending || state === "closed") return;
    if (isToRepeat(word)) {
      void pause(options.retryMs ?? defaultRetryMs, stop.signal).then(() => appender.due(source));
      return;
    }
    const { batch, sinceMs, tokens } = sending;
    sending = undefined;
    fullSinceMs = undefined;
    hasWarned = false;
    isFlushing = false;
    if (word === "appended") {
      position = batch.after;
      options.onAppended?.({ tokens, node: lastNode, waitedMs: clock.monotonicMs() - sinceMs });
      if (batch.ending) close("appended");
    } else if (word === "full" || word === "unlocked") {
      dropWaiting();
      instead = word === "full" ? streamFull : sessionBusy;
      if (outcome) outcome = { ...outcome, ...instead };
      state = "dropped";
      options.onRefused(word);
    } else if (!(word instanceof Error)) close(word);
    flush();
  };
  const source = { take, answered };

  const flush = (): void => {
    if (isFlushing || state === "closed" || (waiting.length === 0 && !outcome)) return;
    isFlushing = true;
    appender.due(source);
  };

  const addToken = (text: string, node: string) => {
    if (text === "") return;
    lastNode = node;
    bytes += Buffer.byteLength(text);
    if (bytes > jobLimits.answerBytes) throw new AppError("ANSWER_TOO_LARGE");
    const last = waiting.at(-1);
    if (last?.kind === "tokens" && last.node === node) last.parts.push(text);
    else wait({ kind: "tokens", node, parts: [text] });
    tokensWaiting++;
  };

  // a try that was handed back without being counted may have said something too
  if (options.tries > 1 || options.lastTokenSeq > seqBeforeFirst) {
    wait({ kind: "reset" });
    flush();
  }
  return {
    stage: (news) => {
      if (state !== "open") return;
      wait({ kind: "stage", news });
      flush();
    },
    token: (text, node) => {
      if (state !== "open") return;
      addToken(cleaner.clean(text), node);
      flush();
    },
    room: () => {
      if (state !== "open" || tokensWaiting < waitingTokens) return undefined;
      roomed ??= Promise.withResolvers<void>();
      return roomed.promise;
    },
    end: (how) => {
      if (state !== "closed" && outcome === undefined) {
        const rest = cleaner.rest();
        if (state === "open" && bytes + 3 * rest.length <= jobLimits.answerBytes) {
          addToken(rest, lastNode);
        }
        outcome = { ...how, ...instead };
        if (state === "open") state = "ending";
        flush();
      }
      return closed.promise;
    },
    abandon: () => close("abandoned"),
    answer: () => position.answer,
  };
}

const streamFull = { ending: "failed", errorCode: "STREAM_FULL" } as const;
const sessionBusy = { ending: "failed", errorCode: "SESSION_BUSY" } as const;
