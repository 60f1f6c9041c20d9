// One socket with the assistant, one turn at a time.
// idle      the next frame begins a turn
// starting  waits for the session's lock, then for the job to be accepted
// running   the job's events become frames, up to its end
// A frame during a turn is told that it is busy; `{"type":"cancel"}` ends the turn. A socket that goes leaves its job alone.
import * as v from "valibot";
import type { JobId, UserId } from "../../shared/contract/ids.ts";
import { StageEvent, TokenEvent, TokenRecoveryEvent } from "../../shared/contract/event.ts";
import { assistant as limits } from "../../shared/limits.ts";
import type { Code } from "../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { endAndTell } from "../http/cancel-job.ts";
import { asAppError } from "../http/fail.ts";
import { doneOf } from "../pending.ts";
import { type Framed, terminalEvent } from "../sse/entry.ts";
import type { Connection, Talk } from "../ws/connection.ts";
import { failureOf } from "./ending.ts";
import { nobody } from "./parts.ts";
import { readFrame } from "./read-frame.ts";
import { startTurn } from "./start-turn.ts";
import type { LocalError, Voice } from "./voice.ts";

const errorOf: Partial<Record<Code, LocalError>> = {
  SESSION_BUSY: "session_busy",
  SESSION_NOT_FOUND: "bad_payload", // as an unknown one: a socket makes sessions, it does not look for them
  RATE_LIMITED: "rate_limited",
  BUDGET_EXHAUSTED: "rate_limited",
  MODEL_FAILED: "llm_unavailable",
  TIMEOUT: "timeout",
  JOB_ENDED: "cancelled",
};

interface Running {
  jobId: JobId | undefined;
  readonly stop: AbortController;
  isCancelled: boolean;
}

/** Talks on a connection. `mode`: whose frames `voice` speaks, for the metrics. */
export function talkWith(
  connection: Connection,
  deps: Deps,
  voice: Voice,
  mode: "raw" | "json",
): Talk {
  const { clock, log, assistant, tracing } = deps;
  const userId: UserId = connection.principal?.userId ?? nobody;
  const ownSid = crypto.randomUUID();
  let turn: Running | undefined;

  const run = async (message: string, sid: string): Promise<void> => {
    const startedAt = clock.monotonicMs();
    const running: Running = { jobId: undefined, stop: new AbortController(), isCancelled: false };
    turn = running;
    const span = tracing.start("assistant.turn", { kind: "server", attributes: { mode } });
    const late = AbortSignal.timeout(assistant.turnWaitMs);
    let failure: LocalError | undefined;
    let hasSpoken = false;
    voice.begin(sid);
    try {
      const asker = { userId: userId === nobody ? undefined : userId, peer: undefined };
      await deps.limits.count({ ...asker, forwardedFor: undefined }, "assistant");
      const started = await startTurn(deps, {
        userId,
        sid,
        message,
        imageUrl: null,
        location: null,
        model: null,
        waitMs: limits.socketWaitMs,
        trace: span.context,
        signal: AbortSignal.any([late, running.stop.signal]),
      });
      running.jobId = started.jobId;
      // cancelled meanwhile: nobody reads its log, so its end does not come from there
      if (running.isCancelled) await endAndTell(deps, started.jobId);
      failure = running.isCancelled ? "cancelled" : "timeout";
      for await (const entry of started.events) {
        if (!hasSpoken && entry.event === "token") {
          hasSpoken = true;
          const seconds = (clock.monotonicMs() - startedAt) / 1000;
          assistant.metrics.firstToken.observe(seconds);
        }
        const ended = speak(entry, voice, started.jobId);
        if (ended === undefined) continue;
        failure = ended === "done" ? undefined : ended;
        break;
      }
    } catch (cause) {
      const error = asAppError(cause);
      failure = running.isCancelled ? "cancelled" : (errorOf[error.code] ?? "internal");
      if (failure === "internal") log.warn("assistant turn failed", { code: error.code, error });
    }
    turn = undefined; // before the frame: whoever answers it at once finds us free
    const isGone = running.stop.signal.aborted && !running.isCancelled;
    if (failure !== undefined && !isGone) voice.error(failure);
    if (failure === "rate_limited") connection.strike();
    const result = isGone ? "left" : (failure ?? "completed");
    assistant.metrics.turns.observe(
      { kind: mode, result },
      (clock.monotonicMs() - startedAt) / 1000,
    );
    span.end(failure);
  };

  const cancel = () => {
    if (!turn || turn.isCancelled) return;
    turn.isCancelled = true;
    if (turn.jobId === undefined) turn.stop.abort();
    else {
      endAndTell(deps, turn.jobId).catch((error: unknown) =>
        log.warn("a turn could not be cancelled", { error }),
      );
    }
  };

  return {
    onText(text) {
      if (connection.spend() > 0) return voice.error("rate_limited");
      const frame = readFrame(text);
      if (frame.word === "cancel") return cancel();
      if (frame.word === "bad") return voice.error("bad_payload");
      if (frame.word === "empty") return voice.error("empty_message");
      if (turn) return voice.error("busy");
      void run(frame.message, frame.sid ?? ownSid);
    },
    onBinary: () => {
      voice.error(connection.spend() > 0 ? "rate_limited" : "bad_payload");
    },
    onClosed() {
      turn?.stop.abort();
      voice.close();
    },
  };
}

/** Says an event of the log. Returns how the turn ended, if it did. */
function speak(
  { event, data }: Framed,
  voice: Voice,
  jobId: JobId,
): "done" | LocalError | undefined {
  if (event === "token") {
    voice.token(v.parse(TokenEvent, JSON.parse(data)).content);
    return undefined;
  }
  if (event === "token_recovery") {
    voice.reset(v.parse(TokenRecoveryEvent, JSON.parse(data)).accumulated);
    return undefined;
  }
  if (event !== terminalEvent) {
    const stage = v.safeParse(StageEvent, JSON.parse(data));
    if (stage.success) voice.stage(stage.output);
    return undefined;
  }
  const done = doneOf(data);
  if (!done) return "internal";
  const failure = failureOf(done);
  if (failure) return errorOf[failure.code] ?? "internal";
  return voice.done(done.result.answer ?? "", jobId) ? "done" : "internal";
}
