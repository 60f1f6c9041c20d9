import { prompts } from "../prompts/prompts.ts";
import {
  acceptSummary,
  outgrown,
  sizesFor,
  type Summary,
  summaryOf,
  transcript,
} from "../memory/compress.ts";
import type { MemoryMessage } from "../memory/message.ts";
import { extractSummary } from "../memory/extract.ts";
import { noFacts } from "../llm/facts.ts";
import type { RunContext } from "./run-context.ts";
import type { State, Update } from "./state.ts";

const localModel = "local";

/** Whether the chat has outgrown the model of this job. */
export function needsSummary(state: State, run: RunContext): boolean {
  return oldMessages(state, run).length > 0;
}

function oldMessages(state: State, run: RunContext) {
  return outgrown(state.messages, state.summary, sizesFor(run.modelName ?? localModel));
}

/**
 * Puts a summary in the place of the oldest messages. They go only when there is one: a model that fails, or
 * says something else, leaves everything as it was.
 */
export async function summarize(state: State, run: RunContext): Promise<Update> {
  const old = oldMessages(state, run);
  const summary = await summaryOfOld(old, state.summary, run);
  if (!summary) return {};
  return { summary, messages: old.map(({ id }) => ({ id, remove: true as const })) };
}

/** What `old` and the summary before it said, in words of the job's model; undefined when there are none. */
export async function summaryOfOld(
  old: readonly MemoryMessage[],
  before: Summary | null,
  run: RunContext,
): Promise<Summary | undefined> {
  const model = run.modelName ?? localModel;
  const sizes = sizesFor(model);
  run.stage("summarize", "started");
  let text: string | undefined;
  try {
    text =
      model === localModel
        ? extractSummary(old, before, sizes.summaryTokens)
        : await byModel(old, before, run);
  } catch (cause) {
    run.signal.throwIfAborted();
    run.log.warn("summary failed, everything is kept", { error: cause });
  }
  if (text === undefined) {
    run.stage("summarize", "failed", { error: "failed" });
    return undefined;
  }
  run.stage("summarize", "completed", { removed: old.length });
  return summaryOf(text);
}

async function byModel(
  old: readonly MemoryMessage[],
  before: Summary | null,
  run: RunContext,
): Promise<string | undefined> {
  const sizes = sizesFor(run.modelName ?? localModel);
  const question = transcript(old, before, prompts.summarize.text.length, sizes);
  if (question === undefined) return undefined;
  const prompt = {
    system: prompts.summarize.text,
    sections: [],
    history: [],
    question,
    facts: noFacts,
  };
  let text = "";
  for await (const token of run.llm(prompt, run.signal)) text += token;
  return acceptSummary(text, sizes);
}
