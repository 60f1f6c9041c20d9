// What a model thinks of an answer: five axes from 1 to 5, weighted by what the answer is about.
import * as v from "valibot";
import type { Intent } from "../../shared/contract/stages.ts";
import type { JsonSchema, ModelClient } from "../llm/model-client.ts";
import type { Usage } from "../llm/usage.ts";
import { prompts } from "../prompts/prompts.ts";
import { type Sample, type Scores, weigh } from "./grade.ts";

const axes = ["faithfulness", "relevance", "completeness", "safety", "communication"] as const;
export type Axis = (typeof axes)[number];

const usual: Scores<Axis> = {
  faithfulness: 0.3,
  relevance: 0.25,
  completeness: 0.2,
  safety: 0.15,
  communication: 0.1,
};
/** Where a wrong answer starts a fire. */
const handling: Scores<Axis> = {
  faithfulness: 0.3,
  relevance: 0.25,
  completeness: 0.15,
  safety: 0.25,
  communication: 0.05,
};
const weightsOf = (intent: Intent | undefined) =>
  intent === "waste" || intent === "bulk_waste" ? handling : usual;

const Points = v.pipe(v.number(), v.minValue(1), v.maxValue(5));
const Marks = v.object({
  faithfulness: Points,
  relevance: Points,
  completeness: Points,
  safety: Points,
  communication: Points,
  hint: v.optional(v.string(), ""),
});
const points: JsonSchema = { type: "number" };
const schema: JsonSchema = {
  type: "object",
  properties: {
    ...Object.fromEntries(axes.map((axis) => [axis, points])),
    hint: { type: "string" },
  },
  required: [...axes, "hint"],
  additionalProperties: false,
};
const maxTokens = 300;
/** Of each part; a grader reads no book. */
const chars = { question: 1000, sections: 8000, answer: 6000 } as const;

export interface ModelGrade {
  readonly score: number;
  readonly axes: Scores<Axis>;
  /** What to mend first. */
  readonly hint: string;
  readonly usage: Usage;
}

/** Throws what the model throws. */
export async function gradeByModel(
  sample: Sample,
  model: ModelClient,
  signal: AbortSignal,
): Promise<ModelGrade> {
  const found = sample.sections.map(({ title, text }) => `## ${title}\n${text}`).join("\n");
  const content = [
    `# 질문\n${sample.question.slice(0, chars.question)}`,
    `# 자료\n${found.slice(0, chars.sections) || "(없음)"}`,
    `# 답\n${sample.answer.slice(0, chars.answer)}`,
  ].join("\n\n");
  const { data, usage } = await model.json(
    {
      name: "grade",
      messages: [
        { role: "system", content: prompts.grade.text },
        { role: "user", content },
      ],
      temperature: 0,
      maxTokens,
      schema,
      output: Marks,
    },
    signal,
  );
  const { hint, ...marks } = data;
  const shares = Object.fromEntries(axes.map((axis) => [axis, (marks[axis] - 1) / 4]));
  const score = weigh(shares as Record<Axis, number>, weightsOf(sample.intents[0]));
  return { score, axes: marks, hint: hint.slice(0, 300), usage };
}
