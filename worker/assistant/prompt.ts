import { collectFacts } from "../graph/collect-facts.ts";
import type { State } from "../graph/state.ts";
import type { Prompt } from "../llm/llm.ts";
import { answerPrompt } from "../prompts/prompts.ts";
import { toolResults } from "./tool-results.ts";

/** Stands between the question and what the tools found. */
export const toolMarker = "🛠 도구 결과:";

/**
 * System text, what was said, the question with the tools' results below it. Texts are put side by side, never into a
 * template: braces, quotes and `{names}` of people and tools are only characters.
 */
export function assistantPrompt(state: State): Prompt {
  const facts = collectFacts(state);
  const results = toolResults(state);
  const { system } = answerPrompt(facts.intents, "assistant");
  const earlier = state.summary === null ? [] : ["지난 대화의 요약이에요.", state.summary.content];
  const message =
    results.length === 0 ? state.message : [state.message, "", toolMarker, ...results].join("\n");
  return {
    system: [system, ...earlier].join("\n\n"),
    sections: [],
    history: state.messages.slice(0, -1).map(({ role, content }) => ({ role, content })),
    question: state.message,
    message,
    facts,
  };
}
