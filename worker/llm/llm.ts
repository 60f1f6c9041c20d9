import type { Facts } from "./facts.ts";

/** One earlier turn of the chat. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** A titled piece of what the nodes found. Data, never instructions: it may hold text from outside. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

export interface Prompt {
  /** Persona and instructions. */
  readonly system: string;
  /** In the order the answer may rely on them. */
  readonly sections: readonly Section[];
  readonly history: readonly Turn[];
  readonly question: string;
  /** The sections as data, for an adapter that composes instead of generating. */
  readonly facts: Facts;
}

/**
 * The port of a language model: streams the answer as it comes. Ends its request when the signal aborts.
 * Throws `MODEL_BUSY` (retry) or `MODEL_FAILED` (reject) with the cause kept.
 */
export type Llm = (prompt: Prompt, signal: AbortSignal) => AsyncIterable<string>;

/** The sections and the question as one text, for models that take a single user message. */
export function userText(prompt: Prompt): string {
  const sections = prompt.sections.map(({ title, text }) => `### ${title}\n${text}`);
  return [...sections, `### 질문\n${prompt.question}`].join("\n\n");
}
