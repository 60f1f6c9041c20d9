import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { assistant as limits, input } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "../http/body.ts";
import { requireImageUrl } from "../http/image-url.ts";
import { atMost } from "../http/message-body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { ask } from "./ask.ts";
import { idempotencyHeader, turnErrors } from "./chat.ts";
import { sidOf } from "./session-id.ts";
import { whoOf } from "./who.ts";

/** What a picture without a word asks. */
const pictureQuestion = "사진 속 물건은 어떻게 버려?";

const Question = v.object({
  message: v.pipe(
    v.nullish(v.pipe(v.string(), v.trim(), atMost(limits.messageChars)), ""),
    v.description("May be empty when there is a picture."),
  ),
  session_id: v.nullish(v.string()),
  temperature: v.pipe(
    v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
    v.description("Taken, and without effect."),
  ),
  image_url: v.nullish(v.pipe(v.string(), atMost(input.imageUrlChars)), null),
});

/** POST as the chat page of old does: a turn with the assistant, perhaps about a picture. */
export const legacyChat: Handle = async (c, deps) => {
  await whoOf(c, deps);
  const body = validate(Question, await readJson(c.req.raw));
  requireImageUrl(body.image_url, deps);
  const message = body.message === "" && body.image_url !== null ? pictureQuestion : body.message;
  if (message === "") throw new AppError("EMPTY_MESSAGE");
  const { sid, done } = await ask(c, deps, body, {
    sid: sidOf(body.session_id),
    message,
    imageUrl: body.image_url,
    location: null,
    model: null,
  });
  return c.json({ session_id: sid, user_answer: done.result.answer ?? "" });
};

export const legacyChatDoc: RouteDoc = {
  summary: "Ask the assistant, as the old chat page does",
  tag: "assistant",
  headers: { "Idempotency-Key": idempotencyHeader },
  body: Question,
  answers: {
    200: {
      about: "the answer",
      body: v.object({ session_id: v.string(), user_answer: v.string() }),
    },
  },
  errors: turnErrors,
};
