import { ChatHistory } from "../../shared/contract/api.ts";
import { AppError } from "../../shared/errors.ts";
import { input } from "../../shared/limits.ts";
import { findChat, listMessages } from "../chats.ts";
import type { Handle } from "../deps.ts";
import { mergePage, placeOf } from "../history.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { readPending } from "../pending.ts";
import { cursorQuery, readPageCursor, writeCursor } from "./page-cursor.ts";
import { chatIdOf, limitOf, limitQuery } from "./params.ts";

/** GET a chat and a page of its messages: the newest before the cursor, oldest first. */
export const readChat: Handle = async (c, deps) => {
  const chatId = chatIdOf(c);
  const limit = limitOf(c, input.historyLimit);
  const before = readPageCursor(c.req.query("cursor") ?? c.req.query("before"));
  const chat = await findChat(deps.sql, chatId, c.get("principal").userId);
  if (!chat) throw new AppError("CHAT_NOT_FOUND");
  // pending first: what is persisted in between is then in both and dropped, never in neither
  const pending = await readPending(deps, chatId);
  const stored = await listMessages(deps.sql, chatId, before, limit + 1);
  const storedIds = new Set(stored.map((message) => message.id));
  const { messages, hasMore } = mergePage(
    stored,
    pending.filter((message) => !storedIds.has(message.id)),
    before,
    limit,
  );
  const [oldest] = messages;
  const place = oldest && hasMore ? placeOf(oldest) : undefined;
  return c.json({
    ...chat,
    messages,
    has_more: hasMore,
    next_cursor: place ? writeCursor(place.t, place.id, place.r) : null,
  });
};

export const readChatDoc: RouteDoc = {
  summary: "A chat and a page of its messages",
  description:
    "The newest messages before the cursor, oldest first. What was just sent is in it before it is stored.",
  tag: "chat",
  query: { limit: limitQuery(input.historyLimit), cursor: cursorQuery, before: cursorQuery },
  answers: { 200: { about: "the chat", body: ChatHistory } },
  errors: ["CHAT_NOT_FOUND"],
};
