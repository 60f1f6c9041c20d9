import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { openTestStreams, type TestStreams } from "../../gateway/testing/test-streams.ts";
import { ensureGroups } from "../../router/groups.ts";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { newChatId, newJobId, type UserId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  type TestRedis,
} from "../../shared/testing/services.ts";
import type { Waiting } from "../../worker/emit-batch.ts";
import { checkRows } from "../faults/rows.ts";
import { TestedJob } from "./jobs.ts";
import {
  finishOnce,
  persistFates,
  persistOnce,
  quiet,
  relayFates,
  relayOnce,
  trimOnce,
} from "./pipes.ts";
import { ModelReader } from "./reader.ts";
import type { ReferenceJob } from "./reference.ts";
import { settle } from "./settle.ts";

/** How long it searches; a failure found is shrunk beyond that. */
const searchMs = 45_000;
/** How much faster than the wall the readers' clock runs: silence is 50 ms. */
const speed = 40;

const ops = [
  ...(["say", "say", "say", "say", "stage", "relay", "relay", "relay"] as const),
  ...(["take", "takeOver", "connect", "connect", "drop", "persist", "trim"] as const),
  ...(["accept", "end", "cancel", "expire", "frozenSays"] as const),
];
const step = fc.record({
  op: fc.constantFrom(...ops),
  job: fc.nat(2),
  which: fc.nat(5),
  texts: fc.array(fc.string({ unit: "grapheme", maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  fate: fc.nat(11),
  again: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** How the rest is relayed: by the real loops, by single turns, or without a single hint. */
const ends = ["whole", "unheard", "whole", "unheard", "real"] as const;
type End = (typeof ends)[number];

const pick = <T>(from: readonly T[], i: number): T => from[i % from.length] as T;

describeWith("redis", "postgres")("the whole way of a job, step by step", () => {
  let server: TestRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let streams: TestStreams;
  let sql: Sql;
  beforeAll(async () => {
    [server, database] = await Promise.all([startRedis(), testDatabase()]);
    streams = openTestStreams(server.url, speed);
    sql = openPostgres(database.url, "model", 1);
  });
  afterAll(async () => {
    await streams.close();
    await sql.end({ timeout: 1 });
    await Promise.all([server.stop(), database.drop()]);
  });

  async function run(steps: readonly Step[], end: End): Promise<void> {
    const { redis } = streams;
    await redis.flushall();
    await ensureGroups(redis, stream.shardCount, quiet);
    const userId = newJobId() as string as UserId;
    const chats = [newChatId(), newChatId()];
    await sql`insert into chat.conversations (id, user_id)
      select id, ${userId} from unnest(${chats}::uuid[]) as new (id)`;
    const turns: ReferenceJob[][] = [[], []];
    // two jobs of one chat, one of another
    const jobs = [0, 0, 1].map(
      (chat) => new TestedJob(redis, pick(chats, chat), userId, pick(turns, chat)),
    );
    const readers: ModelReader[] = [];
    const shards = [...new Set(jobs.map((job) => job.shard))];

    for (const each of steps) {
      await perform(each, pick(jobs, each.job), readers, shards);
      for (const reader of readers) reader.look();
    }
    for (const job of jobs) {
      await job.accept();
      readers.push(new ModelReader(job, streams));
    }
    await Promise.all(
      turns.map(async (_, chat) => {
        const inOrder = () => jobs.find((job) => job.reference === turns[chat]?.[0]);
        for (let job = inOrder(); job; job = inOrder()) await job.finish();
      }),
    );
    // most runs end with single turns: the real loops take their time
    if (end === "real") expect(await settle(server.url, database.url)).toBe(0);
    else for (const shard of shards) await finishOnce(redis, sql, shard, end);
    await Promise.all(readers.map((reader) => reader.stay()));
    for (const job of jobs) {
      const log = await redis.xrange(keys.log(job.record.jobId), "-", "+");
      expect(log.map(([id]) => id)).toEqual(job.reference.log.map(({ id }) => id));
    }
    for (const { check, job } of readers) {
      expect(check.violations).toEqual([]);
      expect(check.done?.data["status"]).toBe(job.reference.status);
      const result = check.done?.data["result"] as { answer: string };
      expect(result.answer).toBe(job.reference.text);
    }
    const last = readers.slice(-jobs.length).map(({ check, job }) => ({
      check,
      question: job.record.message,
      chat: job.record.chatId,
    }));
    expect(await checkRows(database.url, last)).toEqual([]);
    expect(streams.fanout.size).toBe(0);
  }

  async function perform(
    { op, which, texts, fate, again }: Step,
    job: TestedJob,
    readers: ModelReader[],
    shards: readonly number[],
  ): Promise<void> {
    const { redis } = streams;
    const heard = pick(["heard", "heard", "twice", "lost"] as const, fate);
    const tokens: Waiting = { kind: "tokens", node: "answer", parts: texts };
    const news = { stage: "intent", status: "started", progress: fate * 8 } as const;
    const shard = pick(shards, which);
    if (op === "accept") return job.accept();
    if (op === "relay") return void (await relayOnce(redis, shard, again, pick(relayFates, fate)));
    if (op === "persist") {
      return void (await persistOnce(redis, sql, shard, again, pick(persistFates, fate)));
    }
    if (op === "trim") return trimOnce(redis, shard);
    if (op === "drop") return readers.length > 0 ? pick(readers, which).drop() : undefined;
    if (job.reference.status === "unknown") await job.accept();
    if (op === "take") return void (await job.take(false));
    if (op === "takeOver") return void (await job.take(true));
    if (op === "expire") return job.expire();
    if (op === "cancel" && fate === 1) return job.seizeOnly(again ? "cancelled" : "failed");
    if (op === "cancel") return fate === 0 ? job.endFromOutside("cancelled") : undefined;
    if (op === "connect") {
      if (readers.length < 5) readers.push(new ModelReader(job, streams));
      const reader = again ? pick(readers, which) : readers.at(-1);
      return reader?.connect();
    }
    if (job.workers.length === 0) await job.take(false);
    const newest = job.workers.at(-1);
    if (!newest) return; // not its turn
    if (op === "say") return job.write(newest, [tokens], false, heard);
    if (op === "stage") return job.write(newest, [{ kind: "stage", news }], false, heard);
    if (op === "end") return fate < 3 ? job.write(newest, [], true, heard) : undefined;
    return job.write(pick(job.workers, which), [tokens], fate === 0, heard);
  }

  test("whatever is interrupted, readers, log and rows agree with the reference", async () => {
    const [seed, path] = (process.env["MODEL_SEED"] ?? "").split("/");
    const again = seed ? { seed: Number(seed), ...(path ? { path } : {}) } : {};
    const steps = fc.array(step, { minLength: 5, maxLength: 60 });
    const property = fc.asyncProperty(steps, fc.constantFrom(...ends), run);
    const found = await fc.check(property, {
      numRuns: 100_000,
      interruptAfterTimeLimit: searchMs,
      ...again,
    });
    console.log(`${found.numRuns} interleavings, seed ${found.seed}`);
    if (!found.failed || found.errorInstance === null) return;
    console.log(`replay: MODEL_SEED=${found.seed}/${found.counterexamplePath ?? ""}`);
    console.log(JSON.stringify(found.counterexample));
    throw found.errorInstance;
  }, 200_000);
});
