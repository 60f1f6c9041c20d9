import postgres from "postgres";
import { openPostgres, type Sql } from "../shared/clients/postgres.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { noText } from "../shared/contract/answer-text.ts";
import { buildDone } from "../shared/contract/build-events.ts";
import { type ChatId, newChatId, newJobId, type UserId } from "../shared/contract/ids.ts";
import { groups, keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { until } from "../shared/testing/until.ts";
import { createHeart } from "./loop.ts";
import { createMetrics } from "./metrics.ts";
import { persist } from "./persist.ts";
import { type Closers, connect, pendingOf, quiet } from "./test-rig.ts";

interface Ended {
  readonly chatId: ChatId;
  readonly userId: UserId;
  readonly text?: string;
  readonly question?: string;
  readonly failed?: boolean;
  readonly at?: number;
}

export const newUser = () => newJobId() as string as UserId;

/** Makes the database refuse everybody, and lets them in again. */
export function outageOf(databaseUrl: string) {
  const name = new URL(databaseUrl).pathname.slice(1);
  const admin = postgres(new URL("/postgres", databaseUrl).toString(), { max: 1 });
  const away = async (isAway: boolean) => {
    await admin.unsafe(`alter database ${name} allow_connections ${isAway ? "false" : "true"}`);
    if (!isAway) return;
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  };
  return { away, end: () => admin.end() };
}

/** Persisters under test, the jobs they are given, and the rows they make. */
export function persistRig(
  redisUrl: string,
  databaseUrl: string,
  sql: Sql,
  redis: ScriptedRedis,
  opened: Closers,
) {
  function start(consumer = "a") {
    const metrics = createMetrics();
    const stop = new AbortController();
    const heart = createHeart(clock);
    const reads = connect(redisUrl, "blocking", opened);
    const store = connect(redisUrl, "store", opened);
    const openSql = () => openPostgres(databaseUrl, "persist-under-test", 2);
    const deps = {
      reads,
      store,
      openSql,
      consumer,
      shardCount: stream.shardCount,
      heart,
      metrics,
      clock,
      log: quiet,
    };
    const running = persist(deps, stop.signal);
    return opened.add({ metrics, heart, stop: () => (stop.abort(), running) }, (one) => one.stop());
  }

  async function newChat(userId: UserId): Promise<ChatId> {
    const chatId = newChatId();
    await sql`insert into chat.conversations (id, user_id) values (${chatId}, ${userId})`;
    return chatId;
  }

  /** The shard entry of an ended job; returns what is needed to send it again. */
  function doneEntry({
    chatId,
    userId,
    text = "라벨을 떼세요",
    question = "페트병?",
    failed,
    at = Date.now(),
  }: Ended) {
    const jobId = newJobId();
    const record = { jobId, chatId, userId, message: question, imageUrl: null, createdAt: "" };
    const answer = { ...noText, text };
    const outcome = failed
      ? ({ ending: "failed", errorCode: "TIMEOUT" } as const)
      : ({ ending: "completed", errorCode: undefined } as const);
    const done = buildDone(
      record,
      { attempt: 1, n: 1 },
      { ...outcome, answer, intent: "waste", metadata: {} },
      at,
    );
    return {
      jobId,
      send: (shard = 0) =>
        redis.xadd(
          keys.shard(shard),
          "*",
          "job_id",
          jobId,
          "id",
          "1-1",
          "event",
          "done",
          "data",
          done.data,
          "internal",
          done.internal,
        ),
    };
  }
  const rowsOf = (chatId: ChatId) =>
    sql<{ role: string; content: string; metadata: unknown; job_id: string }[]>`
      select role, content, metadata, job_id from chat.messages where chat_id = ${chatId} order by created_at, id`;
  const chat = async (chatId: ChatId) =>
    (
      await sql`select message_count, preview, last_message_at from chat.conversations where id = ${chatId}`
    )[0];
  const allAcked = () =>
    until(
      async () => {
        const infos = (await redis.xinfo("GROUPS", keys.shard(0))) as unknown[][];
        const lag = infos.find((info) => info.includes(groups.persistence));
        return lag?.at(-1) === 0 && (await pendingOf(redis, groups.persistence)) === 0;
      },
      { what: "everything to be acknowledged" },
    );

  return { start, newChat, doneEntry, rowsOf, chat, allAcked };
}
