import { type Clock, storeClock } from "../shared/clock.ts";
import type { JobErrorCode } from "../shared/contract/event.ts";
import type { Job } from "../shared/contract/job.ts";
import { recordFromJob } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import type { LockWatch } from "../shared/lock/lock.ts";
import type { Log } from "../shared/log.ts";
import type { Attempt, ScriptedRedis } from "../shared/scripts.ts";
import { formatTraceparent, noTracing, type TraceContext, type Tracing } from "../shared/trace.ts";
import { humanInput } from "../shared/limits.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { createEmit, type Emit } from "./emit.ts";
import type { Evals } from "./eval/evals.ts";
import { sampleFrom } from "./eval/sample.ts";
import { answerPrompt } from "./prompts/prompts.ts";
import type { Agent } from "./graph/graph.ts";
import type { RunContext } from "./graph/run-context.ts";
import type { Leases } from "./leases.ts";
import type { Chosen } from "./llm/choose.ts";
import { createMeter, metered } from "./llm/meter.ts";
import type { TokenPrices } from "./llm/usage.ts";
import type { Metrics } from "./metrics.ts";
import { observeStream } from "./observe-stream.ts";
import { createPerson } from "./person.ts";
import { reporting } from "./report.ts";
import { runAgent, type Stop } from "./run-agent.ts";
import { createNotes, modelOf } from "./run-record.ts";
import { isSuperseded } from "./superseded.ts";
import type { Spend } from "./spend.ts";
import { storeRunRecord } from "./store-run-record.ts";

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
  /** How long a question to the person waits. */
  readonly humanWaitMs?: number;
  readonly prices?: TokenPrices | undefined;
  readonly locks?: Pick<LockWatch, "lost">;
  readonly spend?: Spend;
  /** For the record of a run. */
  readonly policies?: Readonly<Record<string, unknown>>;
}

const codeOfStop = {
  full: "STREAM_FULL",
  unlocked: "SESSION_BUSY",
  deadline: "TIMEOUT",
} as const satisfies Record<string, JobErrorCode>;

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
  const record = recordFromJob(job);
  const own = createEmit({
    redis,
    record,
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
  let news = Promise.withResolvers<void>();
  const onRefused = (why: "ended" | "stale" | "unlocked") => {
    stopFor(why);
    if (why === "unlocked") return deps.locks?.lost(); // the job still has to end
    if (!isEnding) emit.abandon(); // an ending on its way hears from the log itself how it went
  };
  const lease = deps.leases.hold(job.job_id, attempt.attempt, onRefused, () => {
    news.resolve();
    news = Promise.withResolvers<void>();
  });
  const deadline: Deadline = startDeadline(attempt.msLeft, () => stopFor("deadline"));
  const notes = createNotes(() => clock.monotonicMs() - beganMs);
  const meter = createMeter({
    chosen,
    prices: deps.prices,
    onTokens: (provider, type, n) => metrics.tokens.inc({ provider, type }, n),
    onSwitch: (how) => report.stage("answer", "fallback", { strategy: "provider", ...how }),
  });
  const onHandback = () => {
    stopFor("handback");
    emit.abandon();
  };
  if (handback.aborted) onHandback();
  handback.addEventListener("abort", onHandback);
  const onIntent = (decided: unknown) => {
    if (typeof decided === "string") intent = decided;
  };
  const report = reporting({
    attempt,
    emit,
    notes,
    onIntent,
    onNode: (went) => observed.node(went),
  });
  metrics.activeJobs.inc();
  try {
    const { signal } = stop;
    const person = createPerson({
      redis,
      jobId: job.job_id,
      attempt: attempt.attempt,
      waitMs: deps.humanWaitMs ?? humanInput.waitMs,
      signal,
      log,
      news: () => news.promise,
      extend: (ms) => deadline.extend(ms),
      onRefused,
    });
    run = {
      job,
      llm: (prompt, until) => chosen.llm(prompt, until, meter),
      modelName: chosen.model,
      attempt: attempt.attempt,
      model: chosen.client && metered(chosen.client, meter),
      person,
      told: { location: undefined },
      signal,
      log,
      beganMs,
      ...report,
    };
    const outcome = await runAgent(deps.agent, run, signal);
    if (outcome.word === "answered") {
      const intents = [outcome.state.intent, ...outcome.state.additional_intents];
      const nodes = outcome.state.node_results;
      const closed = await end("completed", undefined, {
        intents,
        nodes,
        prompt_version: answerPrompt(intents).version,
        ...(outcome.state.fallback_used ? { fallbacks: outcome.state.fallback_strategies } : {}),
      });
      if (closed === "appended" && !record.session) {
        const { provider, model } = chosen;
        deps.evals?.offer({ ...sampleFrom(outcome.state), jobId: job.job_id, provider, model });
      }
      return await settle(closed);
    }
    if (outcome.word === "stopped") {
      if (outcome.why === "handback") return "lost";
      if (outcome.why === "ended" || outcome.why === "stale") return await settle(outcome.why);
      return await settle(await fail(codeOfStop[outcome.why]));
    }
    if (outcome.code === "INTERNAL") log.error("run failed", { error: outcome.cause });
    else log.warn("run failed", { code: outcome.code, error: outcome.cause });
    return await settle(await fail(outcome.code));
  } finally {
    deadline.clear();
    handback.removeEventListener("abort", onHandback);
    lease.release();
    const used = meter.report();
    if (used) void deps.spend?.(job.user_id, used.input_tokens + used.output_tokens);
    metrics.activeJobs.dec();
    observed.over(how);
  }

  function fail(errorCode: JobErrorCode) {
    return end("failed", errorCode, {});
  }

  /** Writes the run's record, then the ending: whoever reads the ending finds the record. */
  async function end(
    ending: "completed" | "failed",
    errorCode: JobErrorCode | undefined,
    found: {
      readonly intents?: readonly string[];
      readonly nodes?: unknown;
      readonly fallbacks?: readonly string[];
      readonly prompt_version?: string;
    },
  ) {
    isEnding = true;
    const usage = meter.report();
    const model = modelOf(chosen, meter.lastSwitch());
    await storeRunRecord(
      redis,
      attempt.attempt,
      notes.record({
        job_id: job.job_id,
        attempt: attempt.tries,
        status: ending,
        error_code: errorCode ?? null,
        intents: found.intents ?? (intent === null ? [] : [intent]),
        policies: deps.policies ?? {},
        model,
        usage: usage ?? null,
      }),
      log,
    );
    const metadata = { ...model, attempt: attempt.tries, ...found, ...(usage ? { usage } : {}) };
    return emit.end({ ending, errorCode, intent, metadata });
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
