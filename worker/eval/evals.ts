// Evaluations run after `done`, beside the jobs: a bounded queue, a few at a time. What does not fit is counted and
// dropped, because an unread grade costs nobody anything and a waiting answer does.
import type { Clock } from "../../shared/clock.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import type { Log } from "../../shared/log.ts";
import type { ModelClient } from "../llm/model-client.ts";
import { estimateUsd, type TokenPrices } from "../llm/usage.ts";
import type { Budget } from "./budget.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import type { Grade, Sample } from "./grade.ts";

export interface Finished extends Sample {
  readonly jobId: JobId;
  readonly provider: string;
  readonly model: string;
}

/** How an offer or an evaluation came out. */
export type EvalEnd = "graded" | "graded_by_code" | "not_sampled" | "dropped" | "failed";

export interface EvalDeps {
  /** Grades beside the code; undefined where no model is set up. */
  readonly grader: ModelClient | undefined;
  readonly prices?: TokenPrices;
  readonly budget: Budget;
  /** Share of answers that are evaluated, 0 to 1. */
  readonly sampleRate: number;
  readonly save: (finished: Finished, result: Evaluation) => Promise<void>;
  readonly observe: {
    ended(end: EvalEnd): void;
    grade(intent: string, grade: Grade, score: number): void;
    /** Points between two gradings of one answer. */
    calibration(gap: number): void;
  };
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export interface Evals {
  /** Never throws and never waits. */
  offer(finished: Finished): void;
  /** Resolves when nothing is left to grade. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const atOnce = 2;
const waitingMost = 200;
const evaluationMs = 15_000;
/** Every so many gradings one is graded twice, to see how far the grader agrees with itself. */
const calibrateEvery = 100;

export function createEvals(deps: EvalDeps): Evals {
  const { budget, observe, random = Math.random } = deps;
  const waiting: Finished[] = [];
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let graded = 0;

  const begin = () => {
    while (running.size < atOnce && !stopping.signal.aborted) {
      const next = waiting.shift();
      if (!next) return;
      const work = one(next).finally(() => {
        running.delete(work);
        begin();
      });
      running.add(work);
    }
  };

  const one = async (finished: Finished): Promise<void> => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(evaluationMs)]);
    const log = deps.log.with({ jobId: finished.jobId });
    try {
      const model = deps.grader && budget.maySpend() ? deps.grader : undefined;
      const result = await evaluate(finished, model, signal);
      if (model) budget.spend(estimateUsd(model.model, result.usage, deps.prices));
      if (result.failure !== undefined) log.warn("model grader failed", { error: result.failure });
      if (model && result.axes && ++graded % calibrateEvery === 0) {
        const again = await evaluate(finished, model, signal);
        budget.spend(estimateUsd(model.model, again.usage, deps.prices));
        if (again.axes) observe.calibration(Math.abs(again.score - result.score));
      }
      observe.grade(finished.intents[0] ?? "none", result.grade, result.score);
      await deps.save(finished, result);
      observe.ended(result.axes ? "graded" : "graded_by_code");
    } catch (cause) {
      observe.ended("failed");
      if (!stopping.signal.aborted) log.warn("evaluation failed", { error: cause });
    }
  };

  return {
    offer: (finished) => {
      if (stopping.signal.aborted || random() >= deps.sampleRate) observe.ended("not_sampled");
      else if (waiting.length >= waitingMost) observe.ended("dropped");
      else {
        waiting.push(finished);
        begin();
      }
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    stop: async () => {
      stopping.abort();
      waiting.length = 0;
      await Promise.all(running);
    },
  };
}
