// One attempt at a scan: vision → rule → answer → reward → done. What a stage found is kept before anybody hears of
// it, so that a later attempt goes on behind the last finished stage and tells only what was not told.
import { storeClock } from "../../shared/clock.ts";
import type { JobErrorCode } from "../../shared/contract/event.ts";
import type { Job } from "../../shared/contract/job.ts";
import {
  type ScanErrorCode,
  scanErrorMessages,
  type ScanOutcome,
  type ScanStage,
} from "../../shared/contract/scan.ts";
import type { StageStatus } from "../../shared/contract/stages.ts";
import { recordFromJob } from "../../shared/job-record.ts";
import type { Attempt } from "../../shared/scripts.ts";
import { formatTraceparent, noTracing } from "../../shared/trace.ts";
import { startDeadline } from "../deadline.ts";
import { createEmit, type Emit } from "../emit.ts";
import { createMeter } from "../llm/meter.ts";
import type { RunDeps, RunEnd } from "../run.ts";
import type { Stop } from "../run-agent.ts";
import { isSuperseded } from "../superseded.ts";
import { type Found, keepCheckpoint, readCheckpoints, readTold } from "./checkpoints.ts";
import { doStage, StageFailed } from "./do-stage.ts";
import { progressAfter, stages, type WorkStage } from "./policies.ts";
import type { ScanMetrics } from "./metrics.ts";
import type { ScanRun, ScanTools } from "./scan-context.ts";

export type ScanDeps = Pick<
  RunDeps,
  | "redis"
  | "choose"
  | "leases"
  | "clock"
  | "log"
  | "metrics"
  | "tracing"
  | "trace"
  | "prices"
  | "spend"
> & { readonly scan: { readonly tools: ScanTools; readonly metrics: ScanMetrics } };

/** Runs one attempt, from the first stage that is not done to `done`. `handback` aborts when the worker must stop. */
export async function runScan(
  job: Job,
  attempt: Attempt,
  deps: ScanDeps,
  handback: AbortSignal,
): Promise<RunEnd> {
  const { redis, clock, metrics, tracing = noTracing } = deps;
  const { tools, metrics: scanMetrics } = deps.scan;
  const { job_id: jobId } = job;
  const span = tracing.start("scan.process", {
    kind: "consumer",
    parent: deps.trace,
    attributes: { job_id: jobId, user_id: job.user_id, "job.try": attempt.tries },
  });
  const log = deps.log.with({ jobId, attempt: attempt.attempt, traceId: span.context.traceId });
  const beganMs = clock.monotonicMs();
  const chosen = deps.choose(job.model);
  const stop = new AbortController();
  const { signal } = stop;
  const stopFor = (why: Stop) => stop.abort(why);
  let isEnding = false;
  const emit = createEmit({
    redis,
    record: recordFromJob(job),
    attempt: attempt.attempt,
    tries: 1, // a scan has no text that a later attempt would have to take back
    lastTokenSeq: attempt.lastTokenSeq,
    progress: attempt.progress,
    clock: storeClock(attempt.nowMs, clock),
    log,
    onRefused: stopFor,
    trace: span.context.isSampled ? formatTraceparent(span.context) : undefined,
  });
  const onRefused = (why: "ended" | "stale") => {
    stopFor(why);
    if (!isEnding) emit.abandon();
  };
  const lease = deps.leases.hold(jobId, attempt.attempt, (news) => {
    if (news !== "unlocked") onRefused(news); // a scan holds no lock
  });
  const deadline = startDeadline(attempt.msLeft, () => stopFor("deadline"));
  const onHandback = () => {
    stopFor("handback");
    emit.abandon();
  };
  if (handback.aborted) onHandback();
  handback.addEventListener("abort", onHandback);
  const meter = createMeter({
    chosen,
    prices: deps.prices,
    onTokens: (provider, type, n) => metrics.tokens.inc({ provider, type }, n),
  });
  const run: ScanRun = {
    job,
    model: chosen.client,
    signal,
    log,
    begin: () => meter.begin(),
    used: (usage) => chosen.client && meter.add(chosen.client, usage),
  };
  const tookMs: Record<string, number> = {};
  let told: ReadonlySet<string> = new Set();
  let progress = attempt.progress;
  let how = "lost";
  metrics.activeJobs.inc();
  try {
    const closed = await attemptAll().catch((cause: unknown) => {
      if (signal.aborted) return stopped(signal.reason as Stop);
      log.error("scan failed", { error: cause });
      return end("failed", "INTERNAL", undefined, {});
    });
    return await settle(closed);
  } finally {
    deadline.clear();
    handback.removeEventListener("abort", onHandback);
    lease.release();
    const used = meter.report();
    if (used) void deps.spend?.(job.user_id, used.input_tokens + used.output_tokens);
    metrics.activeJobs.dec();
    scanMetrics.scans.inc({ status: how });
    span.end(how === "completed" ? undefined : how);
  }

  async function attemptAll(): Promise<Closed> {
    // asked on a first try as well: one that was handed back does not count
    const [found, before] = await Promise.all([
      readCheckpoints(redis, jobId),
      readTold(redis, jobId),
    ]);
    told = before;
    say("queued", "completed", null);
    for (const stage of stages) {
      say(stage, "started", null); // of a stage that is done too: the attempt before may have died with its news
      if (found[stage] === undefined) {
        const failure = await once(stage, found);
        if (failure) return failure;
      }
      progress = Math.max(progress, progressAfter[stage]);
      const value = found[stage];
      say(stage, "completed", stage === "reward" ? { reward: value ?? null } : (value ?? null));
    }
    return end("completed", undefined, undefined, found);
  }

  /** Does a stage and keeps what it found; answers the ending when it failed. */
  async function once(stage: WorkStage, found: Found): Promise<Closed | undefined> {
    const sinceMs = clock.monotonicMs();
    const stageSpan = tracing.start(`scan.${stage}`, { parent: span.context });
    let code: ScanErrorCode | undefined;
    try {
      await stopAware(doStage(stage, found, run, tools));
    } catch (cause) {
      signal.throwIfAborted();
      if (!(cause instanceof StageFailed)) throw cause;
      ({ code } = cause);
      log.warn("scan stage failed", { stage, code, error: cause.cause });
    } finally {
      const ms = clock.monotonicMs() - sinceMs;
      tookMs[`duration_${stage}_ms`] = Math.round(ms);
      scanMetrics.stageSeconds.observe({ stage, status: code ?? "completed" }, ms / 1000);
      stageSpan.end(code);
    }
    if (code !== undefined) {
      const error = { code, message: scanErrorMessages[code] };
      say(stage, "failed", { error });
      return end("failed", stage === "vision" ? "MODEL_FAILED" : "NODE_FAILED", error, found);
    }
    const kept = await keepCheckpoint(redis, jobId, attempt.attempt, stage, found[stage] ?? null);
    if (kept !== "kept") {
      onRefused(kept);
      signal.throwIfAborted();
    }
    return undefined;
  }

  /** Gives up with the signal, whatever the work does. */
  function stopAware<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(new DOMException("stopped", "AbortError"));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    return Promise.race([promise, work]).finally(() =>
      signal.removeEventListener("abort", onAbort),
    );
  }

  function say(stage: ScanStage, status: StageStatus, result: object | null): void {
    if (told.has(`${stage} ${status}`)) return;
    emit.stage({ stage, status, progress, ...(result && { result: { ...result } }) });
  }

  function stopped(why: Stop): Promise<Closed> | Closed {
    if (why === "handback") return "abandoned";
    if (why === "ended" || why === "stale") return why;
    return end("failed", why === "full" ? "STREAM_FULL" : "TIMEOUT", undefined, {});
  }

  function end(
    ending: "completed" | "failed",
    errorCode: JobErrorCode | undefined,
    error: ScanOutcome["error"] | undefined,
    found: Found,
  ): Promise<Closed> {
    isEnding = true;
    how = ending;
    const { vision, rule = null, answer, reward = null } = found;
    const usage = meter.report();
    const isWhole = ending === "completed" && vision && answer;
    const outcome: ScanOutcome = {
      pipeline_result: isWhole
        ? { classification_result: vision, disposal_rules: rule, final_answer: answer }
        : null,
      reward: isWhole ? reward : null,
      error: error ?? null,
      metadata: {
        provider: chosen.provider,
        model: chosen.model,
        ...(chosen.note === undefined ? {} : { model_note: chosen.note }),
        attempt: attempt.tries,
        ...tookMs,
        ...(usage && { usage }),
      },
    };
    return emit.end({ ending, errorCode, intent: null, metadata: { ...outcome } });
  }

  async function settle(closed: Closed): Promise<RunEnd> {
    const durationMs = Math.round(clock.monotonicMs() - beganMs);
    log.info("scan attempt over", { closed, how, durationMs, tries: attempt.tries });
    if (closed !== "appended") how = closed;
    if (closed === "appended" || closed === "ended") return "ended";
    if (closed === "abandoned") return signal.reason === "ended" ? "ended" : "lost";
    return (await isSuperseded(redis, job, attempt.attempt)) ? "superseded" : "lost";
  }
}

type Closed = Awaited<ReturnType<Emit["end"]>>;
