import { answerPrompt } from "../prompts/prompts.ts";
import type { Prompt, Turn } from "../llm/llm.ts";
import { AppError } from "../../shared/errors.ts";
import { memory as limits } from "../../shared/limits.ts";
import { memoryIds } from "../memory/message.ts";
import { collectFacts } from "./collect-facts.ts";
import { guardLinks } from "./link-guard.ts";
import type { RunContext } from "./run-context.ts";
import { sectionsFrom } from "./sections.ts";
import type { State, Update } from "./state.ts";

/** How the answer is asked for in a chat. */
export function chatPrompt(state: State): Prompt {
  const facts = collectFacts(state);
  const history: Turn[] = state.messages
    .slice(0, -1)
    .slice(-limits.promptMessages)
    .map(({ role, content }) => ({ role, content }));
  const summary =
    state.summary === null ? [] : [{ title: "지난 대화", text: state.summary.content }];
  return {
    system: answerPrompt(facts.intents).system,
    sections: [...summary, ...sectionsFrom(facts)],
    history,
    question: state.message,
    facts,
  };
}

/** Streams the model's answer, token by token, straight to the log. */
export async function answer(
  state: State,
  run: RunContext,
  linkHosts: readonly string[],
): Promise<Update> {
  run.stage("answer", "started");
  const guard = guardLinks(linkHosts);
  let text = "";
  const show = (words: string) => {
    if (words === "") return;
    text += words;
    run.token(words);
  };
  try {
    for await (const token of run.llm((run.promptFor ?? chatPrompt)(state), run.signal)) {
      run.signal.throwIfAborted();
      show(guard.add(token));
      const room = run.room();
      if (room) await room;
    }
    show(guard.rest());
  } catch (cause) {
    run.signal.throwIfAborted();
    throw cause instanceof AppError ? cause : new AppError("MODEL_FAILED", { cause });
  }
  run.signal.throwIfAborted();
  if (text === "") throw new AppError("MODEL_FAILED", { detail: "the model said nothing" });
  run.stage("answer", "completed");
  return {
    answer: text,
    messages: [{ id: memoryIds(state.job_id).assistant, role: "assistant", content: text }],
  };
}
