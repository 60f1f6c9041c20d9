import * as v from "valibot";
import { prompts } from "../prompts/prompts.ts";
import type { RunContext } from "./run-context.ts";
import type { DisposalRules } from "./state.ts";

export interface Feedback {
  readonly score: number;
  readonly quality: "excellent" | "good" | "partial" | "poor" | "none";
}

const grades = [
  [0.9, "excellent"],
  [0.7, "good"],
  [0.4, "partial"],
  [0.2, "poor"],
] as const;

/** The rule score of what was found (contract 7.6): data, class, instructions, and the query's words in it. */
export function rate(query: string, found: DisposalRules | undefined): Feedback {
  if (!found || found.advice.length === 0) return { score: 0.1, quality: "none" };
  const text = JSON.stringify(found.advice);
  const words = query.split(/\s+/).filter((word) => word !== "");
  const share = words.filter((word) => text.includes(word)).length / Math.max(1, words.length);
  const hasClass = found.advice.some(({ middle }) => middle !== "미분류");
  const hasSteps = found.advice.some(
    ({ steps, destination }) => steps.length > 0 || destination !== "",
  );
  const score = 0.3 + (hasClass ? 0.2 : 0) + (hasSteps ? 0.2 : 0) + 0.3 * share;
  const rounded = Math.round(score * 100) / 100;
  return graded(rounded);
}

const graded = (score: number): Feedback => ({
  score,
  quality: grades.find(([least]) => score >= least)?.[1] ?? "none",
});

const good = 0.7;
const modelMs = 5000;
const shownChars = 4000;
const Opinion = v.object({ score: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) });
const schema = {
  type: "object",
  properties: { score: { type: "number" }, reason: { type: "string" } },
  required: ["score", "reason"],
  additionalProperties: false,
};

/** The rule score; below good a model may find it better than the rule could see. Never fails the turn. */
export async function evaluateFound(
  query: string,
  found: DisposalRules | undefined,
  run: Pick<RunContext, "model" | "signal" | "log">,
): Promise<Feedback> {
  const byRule = rate(query, found);
  // with nothing found there is nothing to have an opinion on
  if (byRule.score >= good || !run.model || !found || found.advice.length === 0) return byRule;
  try {
    const content = `# 질문\n${query}\n\n# 자료\n${JSON.stringify(found.advice)}`;
    const { data } = await run.model.json(
      {
        name: "feedback",
        messages: [
          { role: "system", content: prompts.feedback.text },
          { role: "user", content: content.slice(0, shownChars) },
        ],
        temperature: 0,
        maxTokens: 150,
        schema,
        output: Opinion,
      },
      AbortSignal.any([run.signal, AbortSignal.timeout(modelMs)]),
    );
    return data.score > byRule.score ? graded(Math.round(data.score * 100) / 100) : byRule;
  } catch (cause) {
    run.signal.throwIfAborted();
    run.log.warn("feedback by rule", { error: cause });
    return byRule;
  }
}
