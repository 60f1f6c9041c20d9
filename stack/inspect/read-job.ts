import type { Redis } from "ioredis";
import type { Sql } from "../../shared/clients/postgres.ts";
import { addToText, noText } from "../../shared/contract/answer-text.ts";
import { type ChatId, type JobId, parseEventId, shardOf } from "../../shared/contract/ids.ts";
import { groups, keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import { parseTraceparent } from "../../shared/trace.ts";
import { valueOf } from "../doctor/look-at-streams.ts";

/** Fields of a job's record that hold what a person wrote. */
const texts = new Set(["message", "image_url"]);
/** Entries of a shard that are looked through for the job's own. */
const shardEntriesMost = 5000;

type Fields = Readonly<Record<string, unknown>>;

/** Everything the stores know of a job. Texts are their lengths, unless asked for. */
export async function readJob(
  redis: Redis,
  sql: Sql | undefined,
  jobId: JobId,
  withText: boolean,
): Promise<{ isKnown: boolean; parts: Readonly<Record<string, Fields>> }> {
  const [seconds, micros] = await redis.time();
  const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  const record = await redis.hgetall(keys.job(jobId));
  const log = await readLog(redis, jobId, withText);
  const rows = sql ? await readRows(sql, jobId, withText) : { postgres: "not looked at" };
  const isKnown = Object.keys(record).length > 0 || log["entries"] !== 0 || "user" in rows;
  const chat = record["chat_id"];
  const traceId = parseTraceparent(record["trace"])?.traceId;
  return {
    isKnown,
    parts: {
      job: { ...shown(record, nowMs, withText), ...(traceId ? { trace_id: traceId } : {}) },
      waiting: {
        turn: chat ? await redis.lpos(keys.turns(chat as ChatId), jobId) : null,
        deadline: fromNow(Number(await redis.zscore(keys.deadlines, jobId)), nowMs),
        outbox: record["outbox"]
          ? (await redis.exists(keys.outbox)) === 1 &&
            (await redis.xrange(keys.outbox, record["outbox"], record["outbox"])).length === 1
          : false,
        question: (await redis.hget(keys.input(jobId), "type")) ?? null,
      },
      log,
      state: await readState(redis, jobId),
      shard: await readShard(redis, jobId),
      rows,
    },
  };
}

function shown(record: Record<string, string>, nowMs: number, withText: boolean): Fields {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name !== "trace")
      .map(([name, value]) => {
        if (texts.has(name) && !withText) return [name, `${value.length} characters`];
        const isTime = name === "deadline" || name === "lease_until" || name === "seized_until";
        return [name, isTime ? fromNow(Number(value), nowMs) : value];
      }),
  );
}

function fromNow(atMs: number, nowMs: number): string | null {
  if (!Number.isFinite(atMs) || atMs === 0) return null;
  const seconds = ((atMs - nowMs) / 1000).toFixed(1);
  return atMs >= nowMs ? `in ${seconds} s` : `${seconds.slice(1)} s ago`;
}

/** The job log in short: how many of what, and whether its ids have a hole. */
async function readLog(redis: Redis, jobId: JobId, withText: boolean): Promise<Fields> {
  const entries = await redis.xrange(keys.log(jobId), "-", "+");
  const events: Record<string, number> = {};
  const holes: string[] = [];
  let answer = noText;
  let before: { attempt: number; n: number } | undefined;
  for (const [id, fields] of entries) {
    const event = fields[fields.indexOf("event") + 1] ?? "";
    events[event] = (events[event] ?? 0) + 1;
    answer = addToText(answer, event, fields[fields.indexOf("data") + 1] ?? "");
    const at = parseEventId(id);
    const expected = at && before?.attempt === at.attempt ? before.n + 1 : 1;
    if (at && at.n !== expected) holes.push(`before ${id}`);
    before = at;
  }
  const ttl = await redis.ttl(keys.log(jobId));
  return {
    entries: entries.length,
    events,
    first: entries[0]?.[0] ?? null,
    last: entries.at(-1)?.[0] ?? null,
    holes: holes.length === 0 ? "none" : holes.join(", "),
    tokens: answer.tokens,
    answer: withText ? answer.text : `${answer.text.length} characters`,
    kept_for: ttl < 0 ? "not there" : `${ttl} s`,
  };
}

async function readState(redis: Redis, jobId: JobId): Promise<Fields> {
  const [state, published] = await redis.mget(keys.state(jobId), keys.published(jobId));
  const { stage, status, progress, stream_id, result } = JSON.parse(state ?? "{}") as Fields;
  const code = (result as Fields | null | undefined)?.["error_code"];
  return { stage, status, progress, stream_id, error_code: code, relayed_up_to: published };
}

/** Where the groups stand, and which of the job's entries they still have before them. */
async function readShard(redis: Redis, jobId: JobId): Promise<Fields> {
  const shard = shardOf(jobId, stream.shardCount);
  const key = keys.shard(shard);
  const entries = await redis.xrevrange(key, "+", "-", "COUNT", shardEntriesMost);
  const own = entries.filter(([, fields]) => fields[1] === jobId).map(([id]) => id);
  const rows = (await redis.xinfo("GROUPS", key).catch(() => [])) as unknown[][];
  const told = Object.values(groups).map((group) => {
    const row = rows.find((each) => valueOf(each, "name") === group);
    if (!row) return [group, "missing"];
    const at = String(valueOf(row, "last-delivered-id"));
    const unread = own.filter((id) => isAfter(id, at)).length;
    const lag = String(valueOf(row, "lag") ?? "?");
    const pending = String(valueOf(row, "pending"));
    return [group, `at ${at}, lag ${lag}, pending ${pending}, of this job unread ${unread}`];
  });
  return { shard, entries_not_trimmed: own.length, ...Object.fromEntries(told) };
}

function isAfter(a: string, b: string): boolean {
  const [a1 = 0, a2 = 0] = a.split("-").map(Number);
  const [b1 = 0, b2 = 0] = b.split("-").map(Number);
  return a1 > b1 || (a1 === b1 && a2 > b2);
}

async function readRows(sql: Sql, jobId: JobId, withText: boolean): Promise<Fields> {
  const rows = await sql<{ id: string; role: string; content: string; created_at: Date }[]>`
    select id::text, role, content, created_at from chat.messages
    where job_id = ${jobId} order by created_at`;
  return Object.fromEntries(
    rows.map(({ id, role, content, created_at }) => [
      role,
      `${id}, ${created_at.toISOString()}, ${withText ? content : `${content.length} characters`}`,
    ]),
  );
}
