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
  const hasSteps = found.advice.some(({ steps }) => steps.length > 0);
  const score = 0.3 + (hasClass ? 0.2 : 0) + (hasSteps ? 0.2 : 0) + 0.3 * share;
  const rounded = Math.round(score * 100) / 100;
  return { score: rounded, quality: grades.find(([least]) => rounded >= least)?.[1] ?? "none" };
}
