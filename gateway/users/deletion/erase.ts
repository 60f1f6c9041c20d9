// What an account leaves behind, and how each kind of it is erased. Every step may be repeated.
import type { Redis } from "ioredis";
import type { ChatId, JobId, UserId } from "../../../shared/contract/ids.ts";
import { checkpointPrefix, keys } from "../../../shared/keys.ts";
import forgetLua from "../../../shared/lua/forget-thread.lua" with { type: "text" };
import { rememberDeleted } from "../../chat-owner.ts";
import type { Deps } from "../../deps.ts";
import { endAndTell } from "../../http/cancel-job.ts";
import { jobIdsIn } from "../../job-ids.ts";

export interface Order {
  readonly id: string;
  readonly user_id: UserId;
  readonly chat_ids: readonly ChatId[];
  readonly job_ids: readonly JobId[];
}

export type Counts = Readonly<Record<string, number>>;

/** Ends what runs and takes no more: chats are marked deleted before their jobs end. Returns the jobs known of. */
export async function endJobs(deps: Deps, order: Order): Promise<JobId[]> {
  const { redis } = deps;
  for (const chat of order.chat_ids) await rememberDeleted(deps, chat);
  const waiting = await Promise.all(
    order.chat_ids.map((chat) => redis.lrange(keys.turns(chat), 0, -1)),
  );
  const recent = await Promise.all(
    order.chat_ids.map((chat) => redis.zrange(keys.recent(chat), "0", "-1")),
  );
  const own = await redis.zrange(keys.userJobs(order.user_id), "0", "-1");
  // the last of a chat first: none of them gets its turn meanwhile
  const running = jobIdsIn([...waiting.flatMap((turns) => turns.toReversed()), ...own]);
  for (const job of new Set(running)) await endAndTell(deps, job);
  return [...new Set([...running, ...jobIdsIn(recent.flat()), ...order.job_ids])];
}

/**
 * Texts of jobs and chats in Redis. While the endings are still on their way to readers and rows (`isLast` false) the
 * jobs' records stay: they are the fence that keeps a worker from writing on.
 */
export async function eraseStreams(
  { redis }: Pick<Deps, "redis">,
  order: Order,
  jobs: readonly JobId[],
  isLast: boolean,
): Promise<number> {
  const doomed = jobs.flatMap((job) => [
    keys.log(job),
    keys.snapshot(job),
    keys.state(job),
    keys.input(job),
    keys.run(job),
    ...(isLast ? [keys.job(job), keys.published(job)] : []),
  ]);
  const ofChats = isLast ? order.chat_ids.flatMap((chat) => [keys.recent(chat)]) : [];
  const all = [...doomed, ...ofChats, ...(isLast ? [keys.userJobs(order.user_id)] : [])];
  for (let at = 0; at < all.length; at += 500) await redis.del(...all.slice(at, at + 500));
  return jobs.length;
}

/** The agent's memory of the chats, in the cache store. */
export async function eraseMemory(cache: Redis, chats: readonly ChatId[]): Promise<number> {
  let gone = 0;
  for (const chat of chats) {
    const [spaces, fence] = [keys.checkpointSpaces(chat), keys.checkpointFence(chat)];
    const thread = encodeURIComponent(chat);
    gone += Number(
      await cache.eval(forgetLua, 2, spaces, fence, checkpointPrefix, thread, "fence"),
    );
  }
  return gone;
}

/** Rows of the chats, their grades and the copies of their memory. */
export async function eraseChats(sql: Deps["sql"], order: Order): Promise<Counts> {
  const threads = [...order.chat_ids];
  const jobs = [...order.job_ids];
  return sql.begin(async (tx) => {
    const evals = await tx`delete from chat.evals where job_id = any(${jobs}::uuid[])`;
    const messages = await tx`delete from chat.messages where chat_id = any(${threads}::uuid[])`;
    const chats = await tx`delete from chat.conversations where id = any(${threads}::uuid[])`;
    await tx`delete from public.checkpoint_heads where thread_id = any(${threads}::text[])`;
    const kept = await tx`delete from public.checkpoints where thread_id = any(${threads}::text[])`;
    await tx`delete from public.checkpoint_writes where thread_id = any(${threads}::text[])`;
    await tx`delete from public.checkpoint_blobs where thread_id = any(${threads}::text[])`;
    return {
      conversations: chats.count,
      messages: messages.count,
      grades: evals.count,
      checkpoints: kept.count,
    };
  });
}

/** The account and what hangs on it. */
export async function eraseAccount(sql: Deps["sql"], userId: UserId): Promise<Counts> {
  return sql.begin(async (tx) => {
    const ownerships = await tx`
      delete from character.character_ownerships where user_id = ${userId}`;
    const characters = await tx`delete from users.user_characters where user_id = ${userId}`;
    const social = await tx`delete from users.social_accounts where user_id = ${userId}`;
    const accounts = await tx`delete from users.accounts where id = ${userId}`;
    return {
      ownerships: ownerships.count,
      characters: characters.count,
      social_accounts: social.count,
      accounts: accounts.count,
    };
  });
}
