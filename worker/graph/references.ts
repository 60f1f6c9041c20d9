import type { Intent } from "../../shared/contract/stages.ts";
import { jobOf, type MemoryMessage } from "../memory/message.ts";
import { resolve, thingsBy } from "./follow-up.ts";
import { knownBy } from "./intent/intent.ts";
import { decide } from "./intent/split.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State, Topic, Update } from "./state.ts";

type Decide = (state: State, run: RunContext) => Update | Promise<Update>;

/** Lets the intent node see the message complete, and notes what the turn was about. */
export function withReferences(decideIntent: Decide, tools: Tools) {
  const known = knownBy(tools);
  const names = tools.knowledge.characters.map(({ name }) => name);
  const thingsIn = thingsBy(known, names);

  /** What turns were about that no run of this graph has seen: their worker died, or the stores lost them. */
  const topicsOf = (messages: readonly MemoryMessage[], earlier: readonly Topic[]): Topic[] => {
    const topics: Topic[] = [];
    for (const { id, role, content } of messages) {
      if (role !== "user") continue;
      const before = [...earlier, ...topics];
      const { text, things } = resolve(content, before, thingsIn);
      const earlierIntent = before.at(-1)?.intent;
      const previous = earlierIntent && { intent: earlierIntent, confidence: 1 };
      const intent = decide(text, known, previous).intents[0] ?? "general";
      if (intent !== "general") topics.push({ job: jobOf({ id }), intent, things, ask: text });
    }
    return topics;
  };

  return async (state: State, run: RunContext): Promise<Update> => {
    const told = state.messages.filter((one) => jobOf(one) !== state.job_id);
    const seen = state.topics.filter(({ job }) => job !== state.job_id);
    const last = seen.at(-1)?.job;
    // turns without a topic (thanks, small talk) are looked at again, and again found to have none
    const unseen = topicsOf(told.slice(told.findLastIndex((one) => jobOf(one) === last) + 1), seen);
    const resolved = resolve(state.message, [...seen, ...unseen], thingsIn);
    const update = await decideIntent({ ...state, message: resolved.text }, run);
    const intent = (update.intent ?? "general") as Intent;
    const topic = { job: state.job_id, intent, things: resolved.things, ask: resolved.text };
    return {
      ...update,
      standalone_message: resolved.text,
      topics: intent === "general" ? unseen : [...unseen, topic],
    };
  };
}
