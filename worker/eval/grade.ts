import type { Intent } from "../../shared/contract/stages.ts";

/** S and A are fine, B is fair, C would be answered again where that is switched on. */
export type Grade = "S" | "A" | "B" | "C";

/** What an evaluation looks at: the question, what was found, and what was said. */
export interface Sample {
  readonly intents: readonly Intent[];
  readonly question: string;
  /** Titled texts the answer may rely on. */
  readonly sections: readonly { readonly title: string; readonly text: string }[];
  /** Names of the things found; an answer about them uses some. */
  readonly named: readonly string[];
  readonly answer: string;
}

/** Weighted checks, each from 0 to 1. */
export type Scores<Name extends string> = Readonly<Record<Name, number>>;

const grades = [
  [90, "S"],
  [75, "A"],
  [55, "B"],
] as const;

/** Of 100 points (contract 7.14). */
export function gradeOf(score: number): Grade {
  return grades.find(([least]) => score >= least)?.[1] ?? "C";
}

/** 0 to 100, one decimal. */
export function weigh<Name extends string>(scores: Scores<Name>, weights: Scores<Name>): number {
  const names = Object.keys(weights) as Name[];
  const sum = names.reduce((all, name) => all + scores[name] * weights[name], 0);
  return Math.round(sum * 1000) / 10;
}
