// An account's deletion: order → erased → finished.
// order      a row says what is to go; from here on it happens, whoever dies
// erased     everything was deleted once
// finished   a while later what was still on its way then (an answer being stored, a checkpoint being copied) was
//            deleted too; the row forgets whose it was and keeps the counts
import type { ChatId, UserId } from "../../../shared/contract/ids.ts";
import { accounts as limits } from "../../../shared/limits.ts";
import { pause } from "../../../shared/clock.ts";
import type { Deps } from "../../deps.ts";
import { deleteImagesOf } from "../../images/delete-images.ts";
import { query } from "../../stores.ts";
import { eraseSessions } from "./erase-sessions.ts";
import {
  type Counts,
  endJobs,
  eraseAccount,
  eraseChats,
  eraseMemory,
  eraseStreams,
  type Order,
} from "./erase.ts";

/** Writes the order, with all chats and jobs of the user. Undefined when there is no such account. */
export async function orderDeletion(sql: Deps["sql"], userId: UserId): Promise<Order | undefined> {
  const [order] = await query(sql<Order[]>`
    insert into users.deletions (user_id, chat_ids, job_ids)
    select a.id,
      array(select id from chat.conversations where user_id = a.id),
      array(select distinct m.job_id from chat.messages m
        join chat.conversations c on c.id = m.chat_id where c.user_id = a.id and m.job_id is not null)
    from users.accounts a where a.id = ${userId}
    returning id, user_id, chat_ids, job_ids`);
  return order;
}

/** Erases everything, the account last: as long as it is there the order can be given again. */
export async function erase(deps: Deps, first: Order): Promise<void> {
  const order = await withLateChats(deps.sql, first);
  const jobs = await endJobs(deps, order);
  const all: Order = { ...order, job_ids: jobs };
  const streams = await eraseStreams(deps, all, jobs, false);
  const memory = await eraseMemory(deps.cache, order.chat_ids);
  const sessions = await eraseSessions(deps, order.user_id);
  const images = await deleteImagesOf(deps, order.user_id);
  const chats = await eraseChats(deps.sql, all);
  const account = await eraseAccount(deps.sql, order.user_id);
  const counts: Counts = { jobs: streams, memory, sessions, images, ...chats, ...account };
  await query(deps.sql`
    update users.deletions set erased_at = coalesce(erased_at, now()), 
      chat_ids = ${[...order.chat_ids]}::uuid[], job_ids = ${[...jobs]}::uuid[],
      counts = case when erased_at is null then ${JSON.stringify(counts)}::text::jsonb else counts end
    where id = ${order.id} and finished_at is null`);
  deps.log.info("account deleted", { ...counts });
}

/** With the chats made between the order and the end of the token. */
async function withLateChats(sql: Deps["sql"], order: Order): Promise<Order> {
  const rows = await query(sql<{ id: ChatId }[]>`
    select id from chat.conversations where user_id = ${order.user_id}`);
  return { ...order, chat_ids: [...new Set([...order.chat_ids, ...rows.map(({ id }) => id)])] };
}

/** What came after: only the old chats and jobs, never a new account of the same person. */
async function finish(deps: Deps, order: Order): Promise<void> {
  await eraseStreams(deps, order, order.job_ids, true);
  await eraseMemory(deps.cache, order.chat_ids);
  await eraseChats(deps.sql, order);
  await query(deps.sql`
    update users.deletions set finished_at = now(), user_id = null, chat_ids = null, job_ids = null
    where id = ${order.id}`);
}

/** Takes up orders that stopped half-way, and finishes the erased ones. Until the signal; never throws. */
export async function keepDeleting(deps: Deps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(limits.deletionPollMs, signal);
    if (signal.aborted) return;
    await workOff(deps).catch((error: unknown) =>
      deps.log.warn("deletions not worked off", { error }),
    );
  }
}

interface Due extends Order {
  readonly is_erased: boolean;
}

/** Two processes at once repeat each other's steps, which is harmless. Exported for the test. */
export async function workOff(deps: Deps, lateMs = limits.deletionSecondPassMs): Promise<void> {
  const due = await query(deps.sql<Due[]>`
    select id, user_id, coalesce(chat_ids, '{}') as chat_ids, coalesce(job_ids, '{}') as job_ids,
      erased_at is not null as is_erased
    from users.deletions
    where finished_at is null and (
      (erased_at is null and requested_at < now() - make_interval(secs => ${limits.deletionRetryMs / 1000}))
      or erased_at < now() - make_interval(secs => ${lateMs / 1000}))
    order by requested_at limit 20`);
  for (const { is_erased: isErased, ...order } of due) {
    await (isErased ? finish(deps, order) : erase(deps, order));
  }
}
