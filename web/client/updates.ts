import type { Check, Held } from "./hold-text.ts";
import type { DoneResult, Ending, StageEvent } from "./wire.ts";

/**
 * How the line to the server stands.
 * `connecting` a request is under way; `open` events may come; `waiting` it broke, the next try is in
 * `retryInMs`; `polling` streams bring nothing, the status route is asked instead.
 */
export type LineState = "connecting" | "open" | "waiting" | "polling";

/** Why a line broke. */
export type LineBreak = "network" | "ended" | "server" | "stale" | "gap" | "cut";

/** What `client.stream` yields. `text` is always the whole answer so far. */
export type JobUpdate =
  | {
      readonly type: "line";
      readonly state: LineState;
      readonly why?: LineBreak;
      readonly retryInMs?: number;
    }
  | {
      readonly type: "stage";
      readonly id: string | undefined;
      readonly event: StageEvent;
      readonly held: Held;
    }
  | {
      readonly type: "token";
      readonly id: string | undefined;
      readonly content: string;
      readonly text: string;
      readonly held: Held;
    }
  | {
      readonly type: "snapshot";
      readonly id: string | undefined;
      /** The text held before no longer counts: a new attempt, or a cursor the server does not know. */
      readonly reset: boolean;
      readonly text: string;
      readonly held: Held;
    }
  | { readonly type: "progress"; readonly progress: number; readonly stage: string | null }
  | {
      readonly type: "done";
      readonly id: string | undefined;
      readonly status: Ending;
      /** For people; empty when completed. */
      readonly message: string;
      readonly text: string;
      readonly check: Check;
      readonly result: DoneResult;
    }
  /** The server says the reader had the end already. */
  | { readonly type: "over" };

/** Hands on the running stream, for pages that want to try the line. */
export interface Line {
  /** Breaks the connection and stays away for `holdMs`; the stream comes back by itself. */
  cut(holdMs?: number): void;
  /** Ends a wait at once: the network is back, or the tab is visible again. */
  wake(): void;
}

export interface Timing {
  /** Without an event for this long the line is stale and is opened anew; a second time it is polled. */
  readonly staleMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly pollMs: number;
}

export const defaultTiming: Timing = {
  staleMs: 30_000,
  firstBackoffMs: 400,
  maxBackoffMs: 10_000,
  pollMs: 3000,
};
