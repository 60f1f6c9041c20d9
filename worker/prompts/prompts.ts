// The prompts as data. Each file begins with its version; a changed text gets the next number, because cached
// answers of the old one must not be taken for the new one's.
import answerText from "./answer.md" with { type: "text" };
import assistantText from "./assistant.md" with { type: "text" };
import characterText from "./answers/character.md" with { type: "text" };
import generalText from "./answers/general.md" with { type: "text" };
import locationText from "./answers/location.md" with { type: "text" };
import multiText from "./answers/multi.md" with { type: "text" };
import wasteText from "./answers/waste.md" with { type: "text" };
import webSearchText from "./answers/web_search.md" with { type: "text" };
import decomposeText from "./decompose.md" with { type: "text" };
import feedbackText from "./feedback.md" with { type: "text" };
import functionCallText from "./function-call.md" with { type: "text" };
import gradeText from "./grade.md" with { type: "text" };
import intentText from "./intent.md" with { type: "text" };
import multiIntentText from "./multi-intent.md" with { type: "text" };
import scanAnswerText from "./scan-answer.md" with { type: "text" };
import scanVisionText from "./scan-vision.md" with { type: "text" };
import summarizeText from "./summarize.md" with { type: "text" };
import thingsText from "./things.md" with { type: "text" };
import visionText from "./vision.md" with { type: "text" };
import type { Intent } from "../../shared/contract/stages.ts";

export interface PromptFile {
  readonly version: number;
  readonly text: string;
}

/** Throws when a file does not begin with its version. */
export function readPrompt(name: string, file: string): PromptFile {
  const [, version, text] = /^---\nversion: (\d+)\n---\n([\s\S]+)$/.exec(file) ?? [];
  if (version === undefined || text === undefined) {
    throw new Error(`prompt ${name} does not begin with its version`);
  }
  return { version: Number(version), text: text.trim() };
}

const answers = {
  waste: readPrompt("answers/waste", wasteText),
  character: readPrompt("answers/character", characterText),
  location: readPrompt("answers/location", locationText),
  web_search: readPrompt("answers/web_search", webSearchText),
  general: readPrompt("answers/general", generalText),
  multi: readPrompt("answers/multi", multiText),
} as const;

export const prompts = {
  intent: readPrompt("intent", intentText),
  multiIntent: readPrompt("multi-intent", multiIntentText),
  decompose: readPrompt("decompose", decomposeText),
  answer: readPrompt("answer", answerText),
  assistant: readPrompt("assistant", assistantText),
  vision: readPrompt("vision", visionText),
  feedback: readPrompt("feedback", feedbackText),
  grade: readPrompt("grade", gradeText),
  scanAnswer: readPrompt("scan-answer", scanAnswerText),
  scanVision: readPrompt("scan-vision", scanVisionText),
  summarize: readPrompt("summarize", summarizeText),
  functionCall: readPrompt("function-call", functionCallText),
  things: readPrompt("things", thingsText),
} as const;

/** Which instructions an intent has; the others are answered as `general`, from what was found. */
const instructionOf: Partial<Record<Intent, keyof typeof answers>> = {
  waste: "waste",
  bulk_waste: "waste",
  character: "character",
  location: "location",
  collection_point: "location",
  web_search: "web_search",
  general: "general",
};

/**
 * Persona and the instructions of everything asked, with the versions that went into it. `persona`: who answers,
 * the guide of a chat or the assistant.
 */
export function answerPrompt(
  intents: readonly Intent[],
  persona: "answer" | "assistant" = "answer",
): { readonly system: string; readonly version: string } {
  const names = [...new Set(intents.flatMap((intent) => instructionOf[intent] ?? []))];
  const parts = [
    prompts[persona],
    ...names.map((name) => answers[name]),
    ...(intents.length > 1 ? [answers.multi] : []),
  ];
  const label: string[] = [persona, ...names, ...(intents.length > 1 ? ["multi"] : [])];
  return {
    system: parts.map(({ text }) => text).join("\n\n"),
    version: parts.map(({ version }, i) => `${label[i]}:${version}`).join(" "),
  };
}
