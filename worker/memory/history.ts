// Turns from where they are told to readers: the rows in PostgreSQL, and the endings in Redis-S that have not
// become rows yet. The checkpoint is what the agent made of them; where it lacks some, they are taken from here.
import * as v from "valibot";
import type { Sql } from "../../shared/clients/postgres.ts";
import { DoneEvent } from "../../shared/contract/event.ts";
import { JobId } from "../../shared/contract/ids.ts";
import type { Job } from "../../shared/contract/job.ts";
import { readJobRecord } from "../../shared/job-record.ts";
import { keys } from "../../shared/keys.ts";
import { memory as limits } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { type MemoryMessage, memoryIds, turnOf } from "./message.ts";

/** The newest stored messages of the chat, oldest first. */
export async function storedMessages(sql: Sql, job: Job): Promise<MemoryMessage[]> {
  const rows = await sql<{ id: string; job_id: string | null; role: string; content: string }[]>`
    select m.id::text, m.job_id::text, m.role, m.content from chat.messages m
    join chat.conversations c on c.id = m.chat_id and c.user_id = ${job.user_id}
    where m.chat_id = ${job.session_id} and m.job_id is distinct from ${job.job_id}
    order by m.created_at desc, (m.role = 'assistant') desc, m.id desc limit ${limits.rebuildMessages}`;
  return rows.reverse().map(({ id, job_id, role, content }) => {
    const isUser = role === "user";
    const ids = memoryIds(job_id ?? id);
    return {
      id: isUser ? ids.user : ids.assistant,
      role: isUser ? "user" : "assistant",
      content,
    };
  });
}

/** Turns of the chat that ended and may have no rows yet, oldest first. */
export async function recentMessages(redis: ScriptedRedis, job: Job): Promise<MemoryMessage[]> {
  const ids = await redis.zrange(keys.recent(job.session_id), "0", "-1");
  const jobs = ids.flatMap((id) => {
    const parsed = v.safeParse(JobId, id);
    return parsed.success && parsed.output !== job.job_id ? [parsed.output] : [];
  });
  const turns = await Promise.all(
    jobs.slice(-limits.rebuildMessages).map(async (id) => {
      const [record, state] = await Promise.all([
        readJobRecord(redis, id),
        redis.get(keys.state(id)),
      ]);
      if (!record || record.userId !== job.user_id || record.chatId !== job.session_id) return [];
      const done = doneOf(state);
      if (!done) return [];
      // of a failed job only the question is kept, as in the stored history
      return turnOf(id, record.message, done.status === "failed" ? null : done.result.answer);
    }),
  );
  return turns.flat();
}

function doneOf(state: string | null) {
  if (state === null) return undefined;
  try {
    const parsed = v.safeParse(DoneEvent, JSON.parse(state));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** What was told after the last message the memory knows; each once. */
export function afterKnown(
  known: readonly MemoryMessage[],
  told: readonly MemoryMessage[],
): MemoryMessage[] {
  const ids = new Set(known.map(({ id }) => id));
  const fresh = told.slice(told.findLastIndex(({ id }) => ids.has(id)) + 1);
  return [...new Map(fresh.map((message) => [message.id, message])).values()];
}
