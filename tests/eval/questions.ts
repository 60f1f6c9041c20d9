import * as v from "valibot";
import { type Intent, intents } from "../../shared/contract/stages.ts";
import unseen from "./held-out.yaml";
import file from "./questions.yaml";

/** A regular expression that a test can read; a broken one fails when the file is loaded. */
const Pattern = v.pipe(
  v.string(),
  v.check((text) => {
    try {
      return Boolean(new RegExp(text, "iu"));
    } catch {
      return false;
    }
  }, "no regular expression"),
);
const Question = v.strictObject({
  intent: v.picklist(intents),
  asks: v.pipe(v.string(), v.nonEmpty()),
  required: v.pipe(v.array(Pattern), v.nonEmpty()),
  forbidden: v.optional(v.array(Pattern), []),
  long: v.optional(v.boolean(), false),
});
export type Question = v.InferOutput<typeof Question>;

const File = v.object({ records: v.array(Question) });
export const questions = v.parse(File, file).records;
/** Written after the others were answered right; see the file for what was mended since. */
export const heldOut = v.parse(File, unseen).records;

/** What an answer about one thing takes at most, Markdown and sources included. */
export const longestAnswer = 900;
/** Words of the code that no person should read. */
const internal =
  /undefined|\bnull\b|\[object|\bNaN\b|waste_rag|bulk_waste|collection_point|recyclable_price|web_search|image_generation|not_(?:configured|found)|rule-[a-z]|item-[a-z]|_(?:OR|있음|의심|필요)/;

export interface Answered {
  readonly text: string;
  /** What the agent took the question for; undefined when it failed. */
  readonly intent: string | undefined;
}

export interface Judged {
  readonly question: Question;
  readonly answer: Answered;
  /** Why it is wrong; empty when it is right. */
  readonly faults: readonly string[];
}

/** Whether the answer holds every required fact, none that is forbidden, and reads like an answer. */
export function judge(question: Question, answer: Answered): Judged {
  const text = answer.text.replace(/\n\n_지금은 오프라인 모드예요[^]*$/, "");
  const has = (pattern: string) => new RegExp(pattern, "iu").test(text);
  const leaked = internal.exec(text)?.[0];
  const faults = [
    ...question.required.filter((one) => !has(one)).map((one) => `lacks ${one}`),
    ...question.forbidden.filter(has).map((one) => `says ${one}`),
    ...(leaked === undefined ? [] : [`shows ${leaked}`]),
    ...(question.long || text.length <= longestAnswer ? [] : [`${text.length} characters`]),
  ];
  return { question, answer, faults };
}

interface Row {
  readonly intent: Intent | "all";
  readonly asked: number;
  readonly right: number;
  /** Of those, how many were taken for what they ask. */
  readonly understood: number;
  readonly meanChars: number;
}

export function rowsOf(judged: readonly Judged[]): Row[] {
  const row = (intent: Row["intent"], of: readonly Judged[]): Row => ({
    intent,
    asked: of.length,
    right: of.filter(({ faults }) => faults.length === 0).length,
    understood: of.filter(({ question, answer }) => question.intent === answer.intent).length,
    meanChars: Math.round(
      of.reduce((sum, { answer }) => sum + answer.text.length, 0) / Math.max(1, of.length),
    ),
  });
  const byIntent = intents.map((intent) =>
    row(
      intent,
      judged.filter(({ question }) => question.intent === intent),
    ),
  );
  return [...byIntent.filter(({ asked }) => asked > 0), row("all", judged)];
}

/** The table per intent, then every failure with its reasons. */
export function report(judged: readonly Judged[]): string {
  const percent = (part: number, of: number) => `${((100 * part) / Math.max(1, of)).toFixed(1)} %`;
  const head = ["intent", "asked", "facts right", "understood", "mean chars"];
  const cells = rowsOf(judged).map((row) => [
    row.intent,
    String(row.asked),
    `${row.right} (${percent(row.right, row.asked)})`,
    `${row.understood} (${percent(row.understood, row.asked)})`,
    String(row.meanChars),
  ]);
  const widths = [18, 7, 15, 15, 10];
  const table = [head, ...cells].map((row) =>
    row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" "),
  );
  const failures = judged
    .filter(({ faults }) => faults.length > 0)
    .map(({ question, answer, faults }) =>
      [
        `✗ ${question.asks} (${answer.intent ?? "failed"})`,
        ...faults.map((one) => `    ${one}`),
      ].join("\n"),
    );
  return [...table, ...(failures.length > 0 ? ["", ...failures] : [])].join("\n");
}
