import { prompts } from "../prompts/prompts.ts";
import { acceptSummary, outgrown, sizesFor, summaryOf, transcript } from "../memory/compress.ts";
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
  const model = run.modelName ?? localModel;
  const sizes = sizesFor(model);
  const old = oldMessages(state, run);
  run.stage("summarize", "started");
  let text: string | undefined;
  try {
    text =
      model === localModel
        ? extractSummary(old, state.summary, sizes.summaryTokens)
        : await byModel(state, run);
  } catch (cause) {
    run.signal.throwIfAborted();
    run.log.warn("summary failed, everything is kept", { error: cause });
  }
  if (text === undefined) {
    run.stage("summarize", "failed", { error: "failed" });
    return {};
  }
  run.stage("summarize", "completed", { removed: old.length });
  return {
    summary: summaryOf(text),
    messages: old.map(({ id }) => ({ id, remove: true as const })),
  };
}

async function byModel(state: State, run: RunContext): Promise<string | undefined> {
  const sizes = sizesFor(run.modelName ?? localModel);
  const question = transcript(
    oldMessages(state, run),
    state.summary,
    prompts.summarize.text.length,
    sizes,
  );
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
