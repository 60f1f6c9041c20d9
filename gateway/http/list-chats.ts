import { ChatList } from "../../shared/contract/api.ts";
import { input } from "../../shared/limits.ts";
import { listChats as selectChats } from "../chats.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { cursorQuery, readPageCursor, writeCursor } from "./page-cursor.ts";
import { limitOf, limitQuery } from "./params.ts";

/** GET the caller's chats, last used first. */
export const listChats: Handle = async (c, { sql }) => {
  const limit = limitOf(c, input.listLimit);
  const before = readPageCursor(c.req.query("cursor"));
  const rows = await selectChats(sql, c.get("principal").userId, before, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return c.json({
    chats: page.map(({ sort_at: _order, ...chat }) => chat),
    next_cursor: last && rows.length > limit ? writeCursor(last.sort_at, last.id) : null,
  });
};

export const listChatsDoc: RouteDoc = {
  summary: "The caller's chats, last used first",
  tag: "chat",
  query: { limit: limitQuery(input.listLimit), cursor: cursorQuery },
  answers: { 200: { about: "a page of chats", body: ChatList } },
};
