import type { ModelClient } from "../llm/model-client.ts";
import { noUsage, type Usage } from "../llm/usage.ts";
import { prompts } from "../prompts/prompts.ts";
import { type Check, gradeByCode } from "./code-grader.ts";
import { type Grade, gradeOf, type Sample, type Scores } from "./grade.ts";
import { type Axis, gradeByModel } from "./model-grader.ts";

export interface Evaluation {
  readonly grade: Grade;
  /** 0 to 100. */
  readonly score: number;
  readonly checks: Scores<Check>;
  /** Undefined when only code graded. */
  readonly axes: Scores<Axis> | undefined;
  readonly hint: string;
  readonly promptVersion: string;
  readonly usage: Usage;
  /** Why the model did not grade, though it should have. */
  readonly failure: unknown;
}

/** Code sees form, a model sees sense. */
const codeShare = 0.4;

/** Both graders side by side. A grader that fails leaves the grade to the other; it never throws for a model. */
export async function evaluate(
  sample: Sample,
  model: ModelClient | undefined,
  signal: AbortSignal,
): Promise<Evaluation> {
  const byModel = model && gradeByModel(sample, model, signal);
  const code = gradeByCode(sample);
  const [told] = await Promise.allSettled([byModel]);
  signal.throwIfAborted();
  const judged = told.status === "fulfilled" ? told.value : undefined;
  const score = judged ? codeShare * code.score + (1 - codeShare) * judged.score : code.score;
  const rounded = Math.round(score * 10) / 10;
  return {
    grade: gradeOf(rounded),
    score: rounded,
    checks: code.checks,
    axes: judged?.axes,
    hint: judged?.hint ?? "",
    promptVersion: `grade:${prompts.grade.version}`,
    usage: judged?.usage ?? noUsage,
    failure: told.status === "rejected" ? (told.reason as unknown) : undefined,
  };
}
