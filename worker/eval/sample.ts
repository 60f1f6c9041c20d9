import { collectFacts } from "../graph/collect-facts.ts";
import { sectionsFrom } from "../graph/sections.ts";
import type { State } from "../graph/state.ts";
import type { Prompt } from "../llm/llm.ts";
import type { Sample } from "./grade.ts";

/** An answer and what it was made from. */
export function sampleOf(
  { facts, question, sections }: Pick<Prompt, "facts" | "question" | "sections">,
  answer: string,
): Sample {
  const { intents, waste, bulkWaste, characters } = facts;
  const named = [
    ...waste.flatMap(({ item, matched }) => (item === undefined ? [matched] : [item])),
    ...(bulkWaste?.items.map(({ name }) => name) ?? []),
    ...characters.map(({ name }) => name),
  ];
  return { intents, question, sections, named, answer };
}

/** The same of a run that is over. */
export function sampleFrom(state: State): Sample {
  const facts = collectFacts(state);
  const prompt = { facts, question: state.message, sections: sectionsFrom(facts) };
  return sampleOf(prompt, state.answer);
}
