import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { rememberDeleted } from "../chat-owner.ts";
import { findChat, softDeleteChat } from "../chats.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { endAndTell } from "./cancel-job.ts";
import { jobIdsIn } from "../job-ids.ts";
import { chatIdOf } from "./params.ts";

/** DELETE a chat: hides it and ends its jobs. A second delete answers 404. */
export const deleteChat: Handle = async (c, deps) => {
  const chatId = chatIdOf(c);
  const { userId } = c.get("principal");
  if (!(await findChat(deps.sql, chatId, userId))) throw new AppError("CHAT_NOT_FOUND");
  // first: from here on no message is taken, also when the row follows late
  await rememberDeleted(deps, chatId);
  if (!(await softDeleteChat(deps.sql, chatId, userId))) throw new AppError("CHAT_NOT_FOUND");
  const turns = await deps.redis.lrange(keys.turns(chatId), 0, -1);
  // the last one first: none of them gets its turn meanwhile
  for (const jobId of jobIdsIn(turns.toReversed())) await endAndTell(deps, jobId);
  return c.body(null, 204);
};

export const deleteChatDoc: RouteDoc = {
  summary: "Delete a chat and end its jobs",
  tag: "chat",
  answers: { 204: { about: "deleted" } },
  errors: ["CHAT_NOT_FOUND"],
};
