import type { Sql } from "../shared/clients/postgres.ts";
import type { Chat, ChatMessage, ListedChat } from "../shared/contract/api.ts";
import type { ChatId, JobId, MessageId, UserId } from "../shared/contract/ids.ts";
import { query } from "./stores.ts";

// Every query throws `UNAVAILABLE` (retry) past its time. Times leave as ISO 8601 UTC with microseconds: a
// cursor must hit its row exactly, and a JavaScript date would round it.

/** A chat of the list, and what the list is ordered by. */
type SortedChat = ListedChat & { readonly sort_at: string };
/**
 * A place in an order of (time, id); without id: everything before the time. Goes to the server as text: as a
 * timestamp the client would make a date of it and cut its microseconds off.
 */
export interface Before {
  readonly t: string;
  readonly id: string | undefined;
  readonly r: 0 | 1;
}

const iso = (sql: Sql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export async function insertChat(
  sql: Sql,
  id: ChatId,
  userId: UserId,
  title: string | null,
): Promise<Chat> {
  const [row] = await query(sql<Chat[]>`
    insert into chat.conversations (id, user_id, title) values (${id}, ${userId}, ${title})
    returning id, title, ${iso(sql, "created_at")} as created_at`);
  if (!row) throw new Error("the insert returned no row");
  return row;
}

export function listChats(
  sql: Sql,
  userId: UserId,
  before: Before | undefined,
  count: number,
): Promise<SortedChat[]> {
  const sortAt = sql`coalesce(last_message_at, created_at)`;
  const earlier = !before
    ? sql``
    : before.id === undefined
      ? sql`and ${sortAt} < ${before.t}::text::timestamptz`
      : sql`and (${sortAt}, id) < (${before.t}::text::timestamptz, ${before.id}::uuid)`;
  return query(sql<SortedChat[]>`
    select id, title, preview, message_count, ${iso(sql, "created_at")} as created_at,
      ${iso(sql, "last_message_at")} as last_message_at,
      to_char(${sortAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sort_at
    from chat.conversations where user_id = ${userId} and not is_deleted ${earlier}
    order by ${sortAt} desc, id desc limit ${count}`);
}

/** The chat, if it is there and this user's. */
export async function findChat(sql: Sql, id: ChatId, userId: UserId): Promise<Chat | undefined> {
  const [row] = await query(sql<Chat[]>`
    select id, title, ${iso(sql, "created_at")} as created_at from chat.conversations
    where id = ${id} and user_id = ${userId} and not is_deleted`);
  return row;
}

export async function findChatOwner(sql: Sql, id: ChatId): Promise<UserId | undefined> {
  const [row] = await query(sql<{ user_id: UserId }[]>`
    select user_id from chat.conversations where id = ${id} and not is_deleted`);
  return row?.user_id;
}

/** True when the chat was there and this user's. */
export async function renameChat(
  sql: Sql,
  id: ChatId,
  userId: UserId,
  title: string,
): Promise<boolean> {
  const done = await query(sql`
    update chat.conversations set title = ${title}, updated_at = now()
    where id = ${id} and user_id = ${userId} and not is_deleted`);
  return done.count === 1;
}

/** True when the chat was there and this user's. The row stays, hidden. */
export async function softDeleteChat(sql: Sql, id: ChatId, userId: UserId): Promise<boolean> {
  const done = await query(sql`
    update chat.conversations set is_deleted = true, updated_at = now()
    where id = ${id} and user_id = ${userId} and not is_deleted`);
  return done.count === 1;
}

/** The newest `count` messages before a place, newest first; of one moment the question comes before the answer. */
export function listMessages(
  sql: Sql,
  chatId: ChatId,
  before: Before | undefined,
  count: number,
): Promise<ChatMessage[]> {
  const earlier = !before
    ? sql``
    : before.id === undefined
      ? sql`and created_at < ${before.t}::text::timestamptz`
      : sql`and (created_at, (role = 'assistant')::int, id)
          < (${before.t}::text::timestamptz, ${before.r}::int, ${before.id}::uuid)`;
  return query(sql<ChatMessage[]>`
    select id, role, content, image_url, job_id, intent, metadata, ${iso(sql, "created_at")} as created_at
    from chat.messages where chat_id = ${chatId} ${earlier}
    order by chat.messages.created_at desc, (role = 'assistant')::int desc, id desc limit ${count}`);
}

/** Which of these messages are stored, and when the chat's newest one was. */
export async function findStored(
  sql: Sql,
  chatId: ChatId,
  ids: readonly MessageId[],
): Promise<{ stored: Set<string>; newestAt: string | undefined }> {
  const [row] = await query(sql<{ stored: string[]; newest_at: string | null }[]>`
    select
      array(select id::text from chat.messages where id = any(${[...ids]}::uuid[])) as stored,
      (select ${iso(sql, "created_at")} from chat.messages where chat_id = ${chatId}
        order by chat.messages.created_at desc limit 1) as newest_at`);
  return { stored: new Set(row?.stored ?? []), newestAt: row?.newest_at ?? undefined };
}

export interface JobRow extends ChatMessage {
  readonly chat_id: ChatId;
}

/** The rows of a finished job, question first, if its chat is this user's; else none. */
export function findJobRows(sql: Sql, jobId: JobId, userId: UserId): Promise<JobRow[]> {
  return query(sql<JobRow[]>`
    select m.id, m.chat_id, m.role, m.content, m.image_url, m.job_id, m.intent, m.metadata,
      to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
    from chat.messages m join chat.conversations c on c.id = m.chat_id
    where m.job_id = ${jobId} and c.user_id = ${userId} and not c.is_deleted
    order by (m.role = 'assistant')::int`);
}
