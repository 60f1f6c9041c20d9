import * as v from "valibot";
import { newChatId, newJobId, UserId } from "../../../shared/contract/ids.ts";
import { createLog } from "../../../shared/log.ts";
import type { Query } from "../run-context.ts";

/** What a sub-agent is given for a message, for tests. */
export function asking(text: string, over: Partial<Query> = {}): Query {
  const job = {
    job_id: newJobId(),
    session_id: newChatId(),
    user_id: v.parse(UserId, crypto.randomUUID()),
    message: text,
    image_url: null,
    user_location: null,
    model: null,
    interactive: false,
    submitted_at: new Date().toISOString(),
  };
  return {
    text,
    job,
    seen: null,
    why: "asked",
    place: undefined,
    placeProblem: undefined,
    choice: undefined,
    model: undefined,
    log: createLog(() => {}),
    ...over,
  };
}
