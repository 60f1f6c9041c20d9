import * as v from "valibot";
import { JobId } from "../../shared/contract/ids.ts";
import { AgentJob } from "../../shared/contract/job.ts";
import { AppError } from "../../shared/errors.ts";
import { assistant as limits, input } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "../http/body.ts";
import { atMost } from "../http/message-body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { ask } from "./ask.ts";
import { sidOf } from "./session-id.ts";
import { whoOf } from "./who.ts";

const Question = v.object({
  message: v.pipe(
    v.string(),
    v.trim(),
    atMost(limits.messageChars),
    v.description("1 to 4,000 characters; space around it is cut off."),
  ),
  session_id: v.pipe(
    v.nullish(v.string()),
    v.description("1 to 128 letters, digits, _ and -. Empty or left out: a new session."),
  ),
  model: v.nullish(v.pipe(v.string(), atMost(input.modelChars)), null),
  user_location: v.nullish(AgentJob.entries.user_location, null),
});

const Reply = v.object({
  session_id: v.string(),
  reply: v.string(),
  job_id: JobId,
  intent: v.nullable(v.string()),
});

/** POST: one turn with the assistant, answered whole. */
export const chat: Handle = async (c, deps) => {
  await whoOf(c, deps); // before the body is looked at
  const body = validate(Question, await readJson(c.req.raw));
  if (body.message === "") throw new AppError("EMPTY_MESSAGE");
  const { sid, jobId, done } = await ask(c, deps, body, {
    sid: sidOf(body.session_id),
    message: body.message,
    imageUrl: null,
    location: body.user_location,
    model: body.model,
  });
  const { answer, intent } = done.result;
  return c.json({ session_id: sid, reply: answer ?? "", job_id: jobId, intent });
};

export const idempotencyHeader = v.optional(
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(input.idempotencyKeyChars),
    v.description("Printable ASCII. The same key and body within 1 h are the same turn."),
  ),
);

/** What a turn may come to, however it was sent. */
export const turnErrors = [
  "UNAUTHORIZED",
  "TOKEN_REVOKED",
  "EMPTY_MESSAGE",
  "INVALID_SESSION_ID",
  "SESSION_NOT_FOUND",
  "SESSION_BUSY",
  "IDEMPOTENCY_CONFLICT",
  "BUDGET_EXHAUSTED",
  "JOB_SUBMIT_FAILED",
  "JOB_ENDED",
  "MODEL_FAILED",
  "TIMEOUT",
] as const;

export const chatDoc: RouteDoc = {
  summary: "Ask the assistant",
  description:
    "Answers once the reply is whole, at the latest after 120 s; a later reply still enters the session. A session has one turn at a time.",
  tag: "assistant",
  headers: { "Idempotency-Key": idempotencyHeader },
  body: Question,
  answers: { 200: { about: "the reply", body: Reply } },
  errors: turnErrors,
};
