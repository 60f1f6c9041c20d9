// Intents by a language model (contract 7.13): one or several → taken apart → each classified. Whatever the model
// cannot do, the rules do.
import * as v from "valibot";
import { type Intent, intents } from "../../../shared/contract/stages.ts";
import type { Turn } from "../../llm/llm.ts";
import type { JsonSchema, ModelClient } from "../../llm/model-client.ts";
import { type PromptFile, prompts } from "../../prompts/prompts.ts";
import { transitionBonus } from "./classify.ts";
import { type Decided, isCandidate, maxParts } from "./split.ts";

/** What the turns before say about this one. */
export interface Before {
  readonly turns: readonly Turn[];
  readonly intents: readonly Intent[];
  /** How sure the last turn's intent was. */
  readonly confidence: number;
}

const shownTurns = 3;
const turnChars = 100;
/** A message is at most 10,000 characters; its intent shows in far fewer. */
const messageChars = 2000;

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const share: JsonSchema = { type: "number" };
const text: JsonSchema = { type: "string" };
const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });
const oneOfIntents: JsonSchema = { type: "string", enum: [...intents] };

const Multi = v.object({ is_multi: v.boolean() });
const multiSchema = object({
  is_multi: { type: "boolean" },
  reason: text,
  detected_categories: list(oneOfIntents),
  confidence: share,
});
const Parts = v.object({
  is_compound: v.boolean(),
  queries: v.array(v.pipe(v.string(), v.trim(), v.nonEmpty())),
});
const partsSchema = object({ is_compound: { type: "boolean" }, queries: list(text) });
const Single = v.object({ intent: v.picklist(intents), confidence: Share });
const singleSchema = object({ intent: oneOfIntents, confidence: share, reasoning: text });

/** Throws what the model throws when it cannot even classify; the caller has its rules. */
export async function decideByModel(
  message: string,
  before: Before,
  model: ModelClient,
  signal: AbortSignal,
): Promise<Decided> {
  const asked = message.slice(0, messageChars);
  const ask = <T>(
    name: string,
    prompt: PromptFile,
    content: string,
    how: { temperature: number; maxTokens: number; schema: JsonSchema },
    output: v.GenericSchema<unknown, T>,
  ): Promise<T> => {
    const messages = [
      { role: "system", content: prompt.text },
      { role: "user", content },
    ] as const;
    return model.json({ name, messages, output, ...how }, signal).then(({ data }) => data);
  };

  const takeApart = async (): Promise<readonly string[]> => {
    if (!isCandidate(asked)) return [];
    const how = { temperature: 0.1, maxTokens: 200, schema: multiSchema };
    const { is_multi: isMulti } = await ask("multi_intent", prompts.multiIntent, asked, how, Multi);
    if (!isMulti) return [];
    const cut = { temperature: 0.1, maxTokens: 300, schema: partsSchema };
    const { queries } = await ask("decompose", prompts.decompose, asked, cut, Parts);
    return queries.slice(0, maxParts);
  };
  const classify = (query: string) =>
    ask(
      "intent",
      prompts.intent,
      inContext(query, before),
      { temperature: 0.2, maxTokens: 150, schema: singleSchema },
      Single,
    );

  // a model that cannot tell one from several still classifies the whole
  const parts = await takeApart().catch(() => {
    signal.throwIfAborted();
    return [];
  });
  const queries = parts.length > 1 ? parts : [message.slice(0, messageChars)];
  const found = await Promise.all(queries.map(classify));
  const kept = found
    .map((one, i) => ({ ...one, query: queries[i] ?? "" }))
    .filter((one, i, all) => all.findIndex(({ intent }) => intent === one.intent) === i);
  const [first] = kept;
  const bonus = transitionBonus(before.intents.at(-1), before.confidence, first?.intent);
  const least = Math.min(...kept.map(({ confidence }) => confidence));
  return {
    intents: kept.map(({ intent }) => intent),
    queries: kept.length > 1 ? kept.map(({ query }) => query) : [],
    confidence: Math.round(Math.min(1, least + bonus) * 100) / 100,
  };
}

function inContext(query: string, { turns, intents: earlier }: Before): string {
  const lines = turns
    .slice(-shownTurns)
    .map(({ role, content }) => `${role === "user" ? "사용자" : "안내자"}: ${short(content)}`);
  return [
    ...(lines.length > 0 ? ["[지난 대화]", ...lines] : []),
    ...(earlier.length > 0 ? [`[지난 의도] ${earlier.slice(-shownTurns).join(", ")}`] : []),
    ...(lines.length > 0 || earlier.length > 0 ? ["[지금 하는 말]"] : []),
    query,
  ].join("\n");
}

const short = (content: string) => content.replaceAll(/\s+/g, " ").slice(0, turnChars);
