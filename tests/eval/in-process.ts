import * as v from "valibot";
import { systemClock } from "../../shared/clock.ts";
import { newChatId, newJobId, UserId } from "../../shared/contract/ids.ts";
import { createLog } from "../../shared/log.ts";
import { buildAgent } from "../../worker/graph/graph.ts";
import { createTools } from "../../worker/graph/tools.ts";
import { localLlm } from "../../worker/llm/local.ts";
import type { Answered } from "./questions.ts";

/** The agent in its offline mode, without a queue, a store or a network. */
export function askInProcess(): (message: string) => Promise<Answered> {
  const agent = buildAgent(createTools(systemClock));
  const llm = localLlm();
  return async (message) => {
    let sequence = 0;
    const state = await agent({
      job: {
        job_id: newJobId(),
        session_id: newChatId(),
        user_id: v.parse(UserId, crypto.randomUUID()),
        message,
        image_url: null,
        user_location: null,
        model: null,
        interactive: false,
        submitted_at: new Date().toISOString(),
      },
      llm,
      signal: new AbortController().signal,
      log: createLog(() => {}),
      beganMs: systemClock.monotonicMs(),
      stage: () => {},
      plan: () => {},
      token: () => {},
      room: () => undefined,
      nextSequence: () => ++sequence,
    });
    return { text: state.answer, intent: state.intent };
  };
}
