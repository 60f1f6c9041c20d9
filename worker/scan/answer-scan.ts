import { josa } from "es-hangul";
import * as v from "valibot";
import {
  type Classification,
  type FinalAnswer,
  maxSteps,
  type Rules,
} from "../../shared/contract/scan.ts";
import { AppError } from "../../shared/errors.ts";
import { prompts } from "../prompts/prompts.ts";
import { tagsFor } from "./classify.ts";
import { safeLine } from "./one-line.ts";
import type { ScanRun, ScanTools } from "./scan-context.ts";

const stepChars = 200;
const answerChars = 1000;
const maxInsufficiencies = 10;

const Told = v.object({
  steps: v.pipe(v.array(v.string()), v.maxLength(maxSteps)),
  insufficiencies: v.pipe(v.array(v.string()), v.maxLength(maxInsufficiencies)),
  user_answer: v.pipe(v.string(), v.minLength(1)),
});
const lines = { type: "array", items: { type: "string" } };
const schema = {
  type: "object",
  properties: { steps: lines, insufficiencies: lines, user_answer: { type: "string" } },
  required: ["steps", "insufficiencies", "user_answer"],
};

/** The answer by the scan's model, from the rules alone. Throws `NOT_CONFIGURED` without one. */
export async function tell(
  found: Classification,
  rules: Rules,
  run: ScanRun,
  tools: ScanTools,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const { model } = run;
  if (!model) throw new AppError("NOT_CONFIGURED");
  run.begin();
  const { data, usage } = await model.json(
    {
      name: "scan_answer",
      schema,
      output: Told,
      messages: [
        { role: "system", content: prompts.scanAnswer.text },
        { role: "user", content: JSON.stringify({ 본것: found, 규칙: rules }) },
      ],
    },
    signal,
  );
  run.used(usage);
  return asAnswer(data.steps, data.insufficiencies, data.user_answer, tools.linkHosts);
}

/** Kinds of states that are work still to be done; the others are what a thing is. */
const undone = new Set(
  "내용물 오염 세척 라벨 뚜껑 부속 배달용기 스티로폼".split(" ").concat("오염 종류"),
);

/** The answer without a model: what the rules say, in their order. */
export function compose(found: Classification, rules: Rules, tools: ScanTools): FinalAnswer {
  const { minor_category, middle_category } = found.classification;
  const tags = tagsFor(tools, middle_category, found.situation_tags);
  const missing = tags.filter(
    ({ group, implies }) =>
      rules.is_unsafe ||
      implies.reroute !== undefined ||
      (undone.has(group) && implies.step_add.length > 0),
  );
  const { steps, text } = waysOf(rules, rules.item ?? minor_category, middle_category);
  const insufficiencies = missing.map(({ effect }) => effect);
  return asAnswer(steps, insufficiencies, text, tools.linkHosts);
}

function waysOf(rules: Rules, name: string, middle: string) {
  const { warnings, destination, reroute } = rules;
  const note = rules.notes ?? rules.summary;
  if (rules.is_gentle) return { steps: [], text: note };
  if (rules.is_unsafe) {
    return { steps: [...warnings, destination], text: [...warnings, destination].join(" ") };
  }
  const base = name.split("(", 1)[0] ?? name; // 무색페트병(탄산음료)은
  const goes = `${name}${josa.pick(base, "은/는")} ${josa(reroute ?? middle, "으로/로")} 내놓아 주세요.`;
  const text = [...warnings.slice(0, 1), goes, note].join(" ");
  if (reroute !== null) return { steps: [rerouted(reroute)], text };
  return { steps: [...rules.steps.slice(0, maxSteps - 1), destination], text };
}

const rerouted = (middle: string) => `지금 상태로는 ${josa(middle, "으로/로")} 내놓아 주세요.`;

/** No rule for what was seen. */
export const noRuleAnswer: FinalAnswer = {
  disposal_steps: {},
  insufficiencies: ["사진의 물건에 맞는 분리배출 규칙을 찾지 못했어요."],
  user_answer:
    "죄송해요, 사진만으로는 어떻게 버려야 하는지 찾지 못했어요. 한 가지만 밝은 곳에서 다시 찍거나 무엇인지 글로 적어 주세요.",
};

function asAnswer(
  steps: readonly string[],
  insufficiencies: readonly string[],
  text: string,
  hosts: readonly string[],
): FinalAnswer {
  const clean = (all: readonly string[]) =>
    all.map((one) => safeLine(one, stepChars, hosts)).filter((one) => one !== "");
  const numbered = clean(steps)
    .slice(0, maxSteps)
    .map((step, i) => [`단계${i + 1}`, step]);
  return {
    disposal_steps: Object.fromEntries(numbered) as Record<string, string>,
    insufficiencies: clean(insufficiencies).slice(0, maxInsufficiencies),
    user_answer: safeLine(text, answerChars, hosts),
  };
}
