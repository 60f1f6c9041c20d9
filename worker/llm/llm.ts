import type { Facts } from "./facts.ts";
import type { Meter } from "./meter.ts";

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
  /** What the model reads as the user's message, word for word; undefined: the sections, then the question. */
  readonly message?: string;
  /** The sections as data, for an adapter that composes instead of generating. */
  readonly facts: Facts;
}

/**
 * The port of a language model: streams the answer as it comes. Ends its request when the signal aborts.
 * Throws `MODEL_BUSY` (retry) or `MODEL_FAILED` (reject) with the cause kept. Tells `meter` what it used.
 */
export type Llm = (prompt: Prompt, signal: AbortSignal, meter?: Meter) => AsyncIterable<string>;

/**
 * The sections and the question as one text, for models that take a single user message. Each section stands in
 * a mark of its own that its text cannot close: what a page or a service says stays data.
 */
export function userText(prompt: Prompt): string {
  if (prompt.message !== undefined) return prompt.message;
  const sections = prompt.sections.map(
    ({ title, text }) =>
      `<자료 제목="${inMark(title).replaceAll('"', "'")}">\n${inMark(text)}\n</자료>`,
  );
  return [...sections, `<질문>\n${inMark(prompt.question)}\n</질문>`].join("\n\n");
}

function inMark(text: string): string {
  return text.replace(/<(?=[\s/]*(?:자료|질문))/g, "＜");
}
