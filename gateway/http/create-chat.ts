import * as v from "valibot";
import { Chat } from "../../shared/contract/api.ts";
import { newChatId } from "../../shared/contract/ids.ts";
import { rememberOwner } from "../chat-owner.ts";
import { insertChat } from "../chats.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { within } from "../stores.ts";
import { readJson, validate } from "./body.ts";
import { Title } from "./rename-chat.ts";

const rememberMs = 300;

const Body = v.object({ title: v.nullish(Title) });

/** POST a new chat; the body may be missing. */
export const createChat: Handle = async (c, deps) => {
  const { userId } = c.get("principal");
  const { title } = validate(Body, await readJson(c.req.raw, true));
  const chat = await insertChat(deps.sql, newChatId(), userId, title ?? null);
  // the first message need not look it up; a failure only costs it that. Awaited: the mark of a fresh chat
  // must not come after its first message.
  const remembering = rememberOwner(deps, chat.id, userId, true);
  await within(rememberMs, remembering, "the chat store").catch(() => undefined);
  return c.json(chat, 201);
};

export const createChatDoc: RouteDoc = {
  summary: "Create a chat",
  tag: "chat",
  body: Body,
  isBodyOptional: true,
  answers: { 201: { about: "the new chat", body: Chat } },
};
