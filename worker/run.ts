import { type Clock, storeClock } from "../shared/clock.ts";
import type { JobErrorCode } from "../shared/contract/event.ts";
import type { Job } from "../shared/contract/job.ts";
import { AppError, type Code } from "../shared/errors.ts";
import { recordFromJob } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import type { Log } from "../shared/log.ts";
import type { Attempt, ScriptedRedis } from "../shared/scripts.ts";
import { formatTraceparent, noTracing, type TraceContext, type Tracing } from "../shared/trace.ts";
import { createEmit, type Emit } from "./emit.ts";
import type { Evals } from "./eval/evals.ts";
import { sampleFrom } from "./eval/sample.ts";
import { answerPrompt } from "./prompts/prompts.ts";
import type { Agent } from "./graph/graph.ts";
import { createProgress } from "./graph/progress.ts";
import type { RunContext } from "./graph/run-context.ts";
import type { State } from "./graph/state.ts";
import type { Leases } from "./leases.ts";
import type { Chosen } from "./llm/choose.ts";
import type { Metrics } from "./metrics.ts";
import { observeStream } from "./observe-stream.ts";

/**
 * How an attempt came out, and so what its delivery needs.
 * `ended`: the job has its ending, ours or another's. `superseded`: a newer attempt owns it. `lost`: the store
 * forgot the job or entries of it, or the worker stops: another attempt must begin.
 */
export type RunEnd = "ended" | "superseded" | "lost";

export interface RunDeps {
  readonly redis: ScriptedRedis;
  readonly agent: Agent;
  readonly choose: (model: string | null) => Chosen;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Grades what was answered; never on the way of an answer. */
  readonly evals?: Pick<Evals, "offer"> | undefined;
  readonly tracing?: Tracing;
  /** What the job came from. */
  readonly trace?: TraceContext | undefined;
  readonly fullWaitMs?: number;
}

/** Why a run stops before its answer is complete. */
type Stop = "ended" | "stale" | "full" | "deadline" | "handback";

/** Which ending a failure becomes; anything else is INTERNAL. */
const endingCodes: Partial<Record<Code, JobErrorCode>> = {
  MODEL_BUSY: "MODEL_FAILED",
  MODEL_FAILED: "MODEL_FAILED",
  NODE_FAILED: "NODE_FAILED",
  ANSWER_TOO_LARGE: "ANSWER_TOO_LARGE",
  TIMEOUT: "TIMEOUT",
  UNAVAILABLE: "NODE_FAILED", // the chat's memory could not be reached: no answer rather than one without it
};

/** How long an attempt that was fenced out waits to learn whether that was a cancel. */
const cancelMs = 200;

/** Runs one attempt, from the first stage to `done`. `handback` aborts when the worker must stop. */
export async function runJob(
  job: Job,
  attempt: Attempt,
  deps: RunDeps,
  handback: AbortSignal,
): Promise<RunEnd> {
  const { redis, clock, metrics, tracing = noTracing } = deps;
  const span = tracing.start("chat.process", {
    kind: "consumer",
    parent: deps.trace,
    attributes: { job_id: job.job_id, user_id: job.user_id, "job.try": attempt.tries },
  });
  const { traceId, isSampled } = span.context;
  const log = deps.log.with({ jobId: job.job_id, attempt: attempt.attempt, traceId });
  const beganMs = clock.monotonicMs();
  const chosen = deps.choose(job.model);
  let intent: string | null = null;
  let isEnding = false;
  let run: RunContext | undefined;
  let how = "lost";
  const stop = new AbortController();
  const stopFor = (why: Stop) => stop.abort(why);
  const { tries } = attempt;
  const watched = { job, provider: chosen.provider, tries, span, tracing, metrics, clock };
  const observed = observeStream(watched);
  const own = createEmit({
    redis,
    record: recordFromJob(job),
    attempt: attempt.attempt,
    tries: attempt.tries,
    lastTokenSeq: attempt.lastTokenSeq,
    progress: attempt.progress,
    clock: storeClock(attempt.nowMs, clock),
    log,
    onRefused: stopFor,
    trace: isSampled ? formatTraceparent(span.context) : undefined,
    onAppended: (news) => observed.appended(news),
    onDropped: (tokens) => observed.dropped(tokens),
    ...(deps.fullWaitMs === undefined ? {} : { fullWaitMs: deps.fullWaitMs }),
  });
  const emit = observed.watch(own);
  const lease = deps.leases.hold(job.job_id, attempt.attempt, (news) => {
    stopFor(news);
    if (!isEnding) emit.abandon(); // an ending on its way hears from the log itself how it went
  });
  const deadline = setTimeout(stopFor, Math.max(0, attempt.msLeft), "deadline");
  const onHandback = () => {
    stopFor("handback");
    emit.abandon();
  };
  if (handback.aborted) onHandback();
  handback.addEventListener("abort", onHandback);
  metrics.activeJobs.inc();
  try {
    const metadata = {
      model: chosen.model,
      provider: chosen.provider,
      ...(chosen.note === undefined ? {} : { model_note: chosen.note }),
      attempt: attempt.tries,
    };
    const noteIntent = (decided: unknown) => {
      if (typeof decided === "string") intent = decided;
    };
    const { signal } = stop;
    const shared = {
      job,
      llm: chosen.llm,
      modelName: chosen.model,
      attempt: attempt.attempt,
      signal,
      log,
      beganMs,
    };
    run = { ...shared, ...reporting(attempt, emit, noteIntent) };
    const outcome = await runAgent(deps.agent, run, signal);
    if (outcome.word === "answered") {
      const intents = [outcome.state.intent, ...outcome.state.additional_intents];
      const nodes = outcome.state.node_results;
      isEnding = true;
      const closed = await emit.end({
        ending: "completed",
        errorCode: undefined,
        intent,
        metadata: { ...metadata, intents, nodes, prompt_version: answerPrompt(intents).version },
      });
      if (closed === "appended") {
        const { provider, model } = chosen;
        deps.evals?.offer({ ...sampleFrom(outcome.state), jobId: job.job_id, provider, model });
      }
      return await settle(closed);
    }
    if (outcome.word === "stopped") {
      if (outcome.why === "handback") return "lost";
      if (outcome.why === "ended" || outcome.why === "stale") return await settle(outcome.why);
      const code = outcome.why === "full" ? "STREAM_FULL" : "TIMEOUT";
      return await settle(await fail(code, metadata));
    }
    if (outcome.code === "INTERNAL") log.error("run failed", { error: outcome.cause });
    else log.warn("run failed", { code: outcome.code, error: outcome.cause });
    return await settle(await fail(outcome.code, metadata));
  } finally {
    clearTimeout(deadline);
    handback.removeEventListener("abort", onHandback);
    lease.release();
    metrics.activeJobs.dec();
    observed.over(how);
  }

  function fail(errorCode: JobErrorCode, metadata: Record<string, unknown>) {
    isEnding = true;
    return emit.end({ ending: "failed", errorCode, intent, metadata });
  }

  /** What was streamed before a cancel is what the chat remembers of the turn, as it is what readers keep. */
  async function rememberCancelled(): Promise<void> {
    if (!run || !deps.agent.remember) return;
    const isCancelled = async () =>
      (await redis.hget(keys.job(job.job_id), "status").catch(() => null)) === "cancelled";
    // a cancel fences the worker out first and ends the job a moment later
    let known = await isCancelled();
    if (!known) await Bun.sleep(cancelMs);
    known ||= await isCancelled();
    if (known) await deps.agent.remember(run, emit.answer().text);
  }

  async function settle(closed: Awaited<ReturnType<Emit["end"]>>): Promise<RunEnd> {
    const durationMs = Math.round(clock.monotonicMs() - beganMs);
    const { tokens } = emit.answer();
    log.info("attempt over", { closed, durationMs, tokens, tries: attempt.tries, intent });
    how = closed;
    if (closed === "ended" || closed === "stale") await rememberCancelled();
    if (closed === "appended" || closed === "ended") return "ended";
    if (closed === "abandoned" && stop.signal.reason === "ended") await rememberCancelled();
    if (closed === "abandoned") return stop.signal.reason === "ended" ? "ended" : "lost";
    return (await isSuperseded(redis, job, attempt.attempt)) ? "superseded" : "lost";
  }
}

/** What a run tells its log while it goes. */
function reporting(
  attempt: Attempt,
  emit: Emit,
  noteIntent: (intent: unknown) => void,
): Pick<Parameters<Agent>[0], "stage" | "plan" | "token" | "room" | "nextSequence"> {
  const progress = createProgress(attempt.progress);
  let sequence = 0;
  return {
    stage: (stage, status, result, message) => {
      if (stage === "intent" && result) noteIntent(result["intent"]);
      emit.stage({ stage, status, progress: progress.at(stage, status), result, message });
    },
    plan: (count) => progress.plan(count),
    token: (text) => {
      emit.token(text, "answer");
    },
    room: () => emit.room(),
    nextSequence: () => ++sequence,
  };
}

type Outcome =
  | { readonly word: "answered"; readonly state: State }
  | { readonly word: "stopped"; readonly why: Stop }
  | { readonly word: "failed"; readonly code: JobErrorCode; readonly cause: unknown };

/** Runs the graph until it answers, fails or is stopped. A graph that ignores the signal is left behind. */
async function runAgent(
  agent: Agent,
  run: Parameters<Agent>[0],
  signal: AbortSignal,
): Promise<Outcome> {
  const stopped = new Promise<Outcome>((resolve) => {
    const onAbort = () => resolve({ word: "stopped", why: signal.reason as Stop });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  const answered = agent(run).then(
    (state): Outcome => ({ word: "answered", state }),
    (cause: unknown): Outcome => {
      if (signal.aborted) return { word: "stopped", why: signal.reason as Stop };
      // the fence of the chat's memory saw the newer attempt first
      if (cause instanceof AppError && cause.code === "ATTEMPT_STALE") {
        return { word: "stopped", why: "stale" };
      }
      const code = cause instanceof AppError ? endingCodes[cause.code] : undefined;
      return { word: "failed", code: code ?? "INTERNAL", cause };
    },
  );
  return Promise.race([stopped, answered]);
}

/** Whether somebody newer owns the job; otherwise the store forgot it, or what this attempt wrote. */
async function isSuperseded(redis: ScriptedRedis, job: Job, attempt: number): Promise<boolean> {
  const stored = await redis.hget(keys.job(job.job_id), "attempt");
  return stored !== null && Number(stored) > attempt;
}
