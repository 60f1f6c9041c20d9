import { type Signal, signal } from "@preact/signals";
import type { Held } from "../../client/hold-text.ts";
import { ApiError } from "../../client/request.ts";
import type { JobUpdate, Line, LineBreak, LineState } from "../../client/updates.ts";
import { advance, newRun, type Run } from "../run/run.ts";
import { eachFrame } from "./each-frame.ts";
import type { Message } from "./message.ts";
import { afterSignIn, client, codeOf, isRefused } from "./session.ts";

export interface LineInfo {
  readonly state: LineState | "signed-out";
  readonly why: LineBreak | undefined;
  /** When the next try is due, by this page's clock. */
  readonly retryAtMs: number | undefined;
}

/** A job this page follows: what changes with every frame, apart from the messages. */
export interface Turn {
  readonly jobId: string;
  readonly chatId: string;
  readonly text: Signal<string>;
  readonly run: Signal<Run>;
  readonly line: Signal<LineInfo>;
  readonly isStopping: Signal<boolean>;
  cut(): void;
  wake(): void;
  abort(): void;
}

type Done = Extract<JobUpdate, { type: "done" }>;

/**
 * What becomes of the messages; the turn itself knows nothing of the page. A turn stays until its ending is
 * written: without it the page would show the message as it was before the first token.
 */
export interface TurnEvents {
  /** About once a second: what a reload would go on from. */
  readonly onSave: (held: Held, run: Run) => void;
  readonly onDone: (done: Done, run: Run) => Promise<void>;
  /** The stream cannot be read any more; `code` says why. */
  readonly onLost: (code: string, held: Held, run: Run) => Promise<void>;
}

const turns = new Map<string, Turn>();
/** Changes when a turn begins or ends. */
export const turnCount = signal(0);
export const turnOf = (jobId: string | null): Turn | undefined =>
  jobId === null ? undefined : turns.get(jobId);
export const allTurns = (): Turn[] => [...turns.values()];

const saveEveryMs = 1000;
const countEveryMs = 250;

/** Follows a job until it ends; a second call for the same job does nothing. */
export function startTurn(answer: Message, events: TurnEvents): void {
  const { jobId, chatId } = answer;
  if (jobId === null || turns.has(jobId)) return;
  const stop = new AbortController();
  let line: Line | undefined;
  const turn: Turn = {
    jobId,
    chatId,
    text: signal(answer.held?.text ?? ""),
    run: signal(answer.run ?? newRun(jobId, Date.now())),
    line: signal({ state: "connecting", why: undefined, retryAtMs: undefined }),
    isStopping: signal(false),
    cut: () => line?.cut(),
    wake: () => line?.wake(),
    abort: () => stop.abort(new Error("the chat is gone")),
  };
  turns.set(jobId, turn);
  turnCount.value += 1;
  void follow(turn, answer.held ?? undefined, events, stop.signal, (it) => (line = it));
}

async function follow(
  turn: Turn,
  from: Held | undefined,
  events: TurnEvents,
  signal: AbortSignal,
  onLine: (line: Line) => void,
): Promise<void> {
  let held = from;
  let run = turn.run.value;
  let savedAt = Date.now();
  let runShownAt = 0;
  const frame = eachFrame(() => {
    // a step is shown at once; that tokens were counted may wait
    const isNews = run.nodes !== turn.run.value.nodes || run.question !== turn.run.value.question;
    if (isNews || Date.now() - runShownAt > countEveryMs) {
      runShownAt = Date.now();
      turn.run.value = run;
    }
    if (held && !turn.isStopping.value) turn.text.value = held.text;
  });
  const end = () => {
    turns.delete(turn.jobId);
    turnCount.value += 1;
  };
  try {
    for await (const update of client.stream(turn.jobId, { held, signal, onLine })) {
      run = advance(run, update, Date.now());
      if (update.type === "line") turn.line.value = lineInfo(update);
      if ("held" in update) held = update.held;
      if (update.type === "done") {
        frame.now();
        return await events.onDone(update, run).finally(end);
      }
      frame.soon();
      if (held && Date.now() - savedAt > saveEveryMs) {
        savedAt = Date.now();
        events.onSave(held, run);
      }
    }
    return await events.onLost("OVER", held ?? nothing, run).finally(end);
  } catch (error) {
    frame.now();
    if (signal.aborted) return end();
    if (isRefused(error)) {
      // the text stays on the page; whoever signs in again gets the rest
      turn.line.value = { state: "signed-out", why: undefined, retryAtMs: undefined };
      if (held) events.onSave(held, run);
      return afterSignIn(() => void follow(turn, held, events, signal, onLine));
    }
    if (!(error instanceof ApiError)) reportError(error);
    await events.onLost(codeOf(error), held ?? nothing, run).finally(end);
  }
}

const nothing: Held = { text: "", lastEventId: undefined, lastSeq: undefined };

function lineInfo(update: Extract<JobUpdate, { type: "line" }>): LineInfo {
  const { state, why, retryInMs } = update;
  return {
    state,
    why,
    retryAtMs: retryInMs === undefined ? undefined : Date.now() + retryInMs,
  };
}
