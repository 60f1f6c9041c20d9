import * as v from "valibot";
import { newChatId } from "../../shared/contract/ids.ts";
import { rememberOwner } from "../chat-owner.ts";
import { insertChat } from "../chats.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "./body.ts";
import { Title } from "./rename-chat.ts";

const Body = v.object({ title: v.nullish(Title) });

/** POST a new chat; the body may be missing. */
export const createChat: Handle = async (c, deps) => {
  const { userId } = c.get("principal");
  const { title } = validate(Body, await readJson(c.req.raw, true));
  const chat = await insertChat(deps.sql, newChatId(), userId, title ?? null);
  // the first message need not look it up; a failure only costs it that
  rememberOwner(deps, chat.id, userId).catch(() => undefined);
  return c.json(chat, 201);
};
