import * as v from "valibot";
import { DoneEvent } from "../shared/contract/event.ts";
import { type ChatId, type JobId, messageIds } from "../shared/contract/ids.ts";
import { readJobRecord } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { findStored } from "./chats.ts";
import type { Deps } from "./deps.ts";
import { jobIdsIn } from "./job-ids.ts";
import { type PendingMessage, placeAfter } from "./history.ts";

/** Newest jobs of a chat that are looked at; more than this wait only while PostgreSQL is away for long. */
const recentCount = 100;

/**
 * Messages of a chat that PostgreSQL does not have yet: of a running job its question, of a finished one both.
 * So a reader of the history sees what it just sent, and the ids a `done` event named.
 */
export async function readPending(
  { redis, sql }: Pick<Deps, "redis" | "sql">,
  chatId: ChatId,
): Promise<PendingMessage[]> {
  const jobs = await recentJobs(redis, chatId);
  if (jobs.length === 0) return [];
  const messages = (await Promise.all(jobs.map((jobId) => messagesOf(redis, jobId)))).flat();
  if (messages.length === 0) return [];
  const { stored, newestAt } = await findStored(
    sql,
    chatId,
    messages.map((message) => message.id),
  );
  return placeAfter(
    newestAt,
    messages.filter((message) => !stored.has(message.id)),
  );
}

/** In the order they were accepted; of one millisecond, as their turns come, after what has ended. */
async function recentJobs(redis: ScriptedRedis, chatId: ChatId): Promise<JobId[]> {
  const [scored, turns] = await Promise.all([
    redis.zrange(keys.recent(chatId), String(-recentCount), "-1", "WITHSCORES"),
    redis.lrange(keys.turns(chatId), 0, -1),
  ]);
  const jobs = scored.flatMap((id, i) =>
    i % 2 === 0 ? [{ id, at: Number(scored[i + 1]), turn: turns.indexOf(id) }] : [],
  );
  jobs.sort((a, b) => a.at - b.at || a.turn - b.turn);
  return jobIdsIn(jobs.map(({ id }) => id));
}

async function messagesOf(redis: ScriptedRedis, jobId: JobId): Promise<PendingMessage[]> {
  const [record, state] = await Promise.all([
    readJobRecord(redis, jobId),
    redis.get(keys.state(jobId)),
  ]);
  if (!record) return [];
  const ids = messageIds(jobId);
  const done = doneOf(state);
  const answeredAt = done?.result.persistence.assistant_message_created_at;
  const question: PendingMessage = {
    id: ids.user,
    role: "user",
    content: record.message,
    image_url: record.imageUrl,
    job_id: jobId,
    intent: null,
    metadata: null,
    // what persistence will write for it
    created_at: answeredAt ? new Date(Date.parse(answeredAt) - 1).toISOString() : record.createdAt,
  };
  if (!done || !answeredAt || done.result.persistence.assistant_message === null) return [question];
  const answer: PendingMessage = {
    id: ids.assistant,
    role: "assistant",
    content: done.result.answer ?? "",
    image_url: null,
    job_id: jobId,
    intent: done.result.intent,
    metadata: done.result.metadata,
    created_at: answeredAt,
  };
  return [question, answer];
}

/** The ending a job's state holds, if it is one. */
export function doneOf(state: string | null): DoneEvent | undefined {
  if (state === null) return undefined;
  try {
    const parsed = v.safeParse(DoneEvent, JSON.parse(state));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
