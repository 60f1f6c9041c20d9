import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { input } from "../../shared/limits.ts";
import { renameChat as updateTitle } from "../chats.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { readJson, validate } from "./body.ts";
import { chatIdOf } from "./params.ts";

export const Title = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, "must not be blank"),
  v.maxLength(input.titleChars, `must have at most ${input.titleChars} characters`),
);
const Body = v.object({ title: Title });

/** PATCH a chat's title. */
export const renameChat: Handle = async (c, { sql }) => {
  const chatId = chatIdOf(c);
  const { title } = validate(Body, await readJson(c.req.raw));
  if (!(await updateTitle(sql, chatId, c.get("principal").userId, title))) {
    throw new AppError("CHAT_NOT_FOUND");
  }
  return c.body(null, 204);
};

export const renameChatDoc: RouteDoc = {
  summary: "Rename a chat",
  tag: "chat",
  body: Body,
  answers: { 204: { about: "renamed" } },
  errors: ["CHAT_NOT_FOUND"],
};
