import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { openPostgres, type Sql } from "../shared/clients/postgres.ts";
import { type ChatId, newChatId } from "../shared/contract/ids.ts";
import { groups, keys } from "../shared/keys.ts";
import { job as jobLimits, stream } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { bound } from "../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  type TestRedis,
} from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { ensureGroups } from "./groups.ts";
import { newUser, outageOf, persistRig } from "./test-persist-rig.ts";
import { closers, connect, pendingOf, quiet, valueOf } from "./test-rig.ts";

describeWith("redis", "postgres")("persistence", () => {
  let server: TestRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let sql: Sql;
  let redis: ScriptedRedis;
  let opened = closers();
  let rig: ReturnType<typeof persistRig>;
  beforeAll(async () => {
    [server, database] = await Promise.all([startRedis(), testDatabase()]);
    sql = openPostgres(database.url, "test");
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await Promise.all([server.stop(), database.drop()]);
  });
  beforeEach(async () => {
    opened = closers();
    redis = connect(server.url, "store", opened);
    await redis.flushall();
    await ensureGroups(redis, stream.shardCount, quiet);
    rig = persistRig(server.url, database.url, sql, redis, opened);
  });
  afterEach(() => opened.closeAll());

  test("a finished job becomes two rows, one transaction, within a second", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    rig.start();
    const job = rig.doneEntry({ chatId, userId, text: "👍".repeat(120) });
    await redis.zadd(keys.recent(chatId), 1, job.jobId);
    const queued = ["job_id", job.jobId, "id", "0-1", "event", "queued", "data", "{}"];
    await redis.xadd(keys.shard(0), "*", ...queued);
    const sentAt = performance.now();
    await job.send();
    await until(async () => (await rig.rowsOf(chatId)).length === 2);
    expect(performance.now() - sentAt).toBeLessThan(bound(1000));
    await rig.allAcked();
    expect((await rig.rowsOf(chatId)).map((row) => row.role)).toEqual(["user", "assistant"]);
    expect(await rig.chat(chatId)).toMatchObject({ message_count: 2, preview: "👍".repeat(100) });
    expect(await redis.exists(keys.recent(chatId))).toBe(0);
  });

  test("a failed job keeps its question, with what is known of the failure", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    rig.start();
    await rig.doneEntry({ chatId, userId, failed: true, text: "half an ans" }).send();
    await until(async () => (await rig.rowsOf(chatId)).length === 1);
    expect((await rig.rowsOf(chatId))[0]).toMatchObject({
      role: "user",
      metadata: { error: "TIMEOUT", partial_answer: "half an ans" },
    });
    expect(await rig.chat(chatId)).toMatchObject({ message_count: 1, preview: null });
  });

  test("whatever is delivered again, by whichever replica, rows are there once and counters equal count(*)", async () => {
    const userId = newUser();
    rig.start("a");
    rig.start("b");
    const sent = fc.array(
      fc.record({
        chat: fc.nat(2),
        failed: fc.boolean(),
        again: fc.nat(3),
        shard: fc.nat(3),
        age: fc.nat(1000),
      }),
      { minLength: 1, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(sent, async (jobs) => {
        const chats = await Promise.all([0, 1, 2].map(() => rig.newChat(userId)));
        let newest = new Map<ChatId, { at: number; text: string }>();
        await Promise.all(
          jobs.map(async ({ chat: index, failed, again, shard, age }, i) => {
            const chatId = chats[index] ?? newChatId();
            const [at, text] = [1_800_000_000_000 + age * 1000 + i, `answer ${i}`];
            if (!failed && at > (newest.get(chatId)?.at ?? 0)) newest.set(chatId, { at, text });
            const job = rig.doneEntry({ chatId, userId, failed, text, at });
            for (let n = 0; n <= again; n++) await job.send((shard + n) % stream.shardCount);
          }),
        );
        const wanted = (index: number) =>
          jobs
            .filter((job) => job.chat === index)
            .reduce((sum, job) => sum + (job.failed ? 1 : 2), 0);
        await Promise.all(
          chats.map(async (chatId, index) => {
            await until(async () => (await rig.rowsOf(chatId)).length === wanted(index));
            await until(async () => (await pendingOf(redis, groups.persistence)) === 0);
            expect(await rig.rowsOf(chatId)).toHaveLength(wanted(index));
            expect(await rig.chat(chatId)).toMatchObject({
              message_count: wanted(index),
              preview: newest.get(chatId)?.text ?? null,
            });
          }),
        );
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test("one bad row is set aside alone after its tries; its neighbours are stored", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    const good = [rig.doneEntry({ chatId, userId }), rig.doneEntry({ chatId, userId })];
    const bad = rig.doneEntry({ chatId, userId, question: "a\u0000b" });
    await good[0]?.send();
    const badId = (await bad.send()) ?? "";
    await good[1]?.send();
    const one = rig.start();
    await until(async () => (await rig.rowsOf(chatId)).length === 4);
    expect(await pendingOf(redis, groups.persistence)).toBe(1);
    // its next deliveries, without waiting for them
    await redis.call(
      "XCLAIM",
      keys.shard(0),
      groups.persistence,
      "dead",
      "0",
      badId,
      "IDLE",
      "60000",
      "RETRYCOUNT",
      "4",
    );
    await rig.allAcked();
    const [letter] = await redis.xrange(keys.persistenceDeadLetters, "-", "+");
    expect(letter?.[1]).toContain(bad.jobId);
    expect(await valueOf(one.metrics.refused, { reason: "rows-refused" })).toBe(1);
    expect(await rig.chat(chatId)).toMatchObject({ message_count: 4 });
  }, 20_000);

  test("entries that cannot be read, and jobs of missing or foreign chats, stop nobody", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    const one = rig.start();
    await redis.xadd(
      keys.shard(0),
      "*",
      "job_id",
      "x",
      "id",
      "1-1",
      "event",
      "done",
      "data",
      "{}",
      "internal",
      "{broken",
    );
    // the ending of a job that becomes no rows, traced
    const traced = '{"trace":"00-a-b-01"}';
    const fields = ["job_id", "y", "id", "1-1", "event", "done", "data", "{}", "internal", traced];
    await redis.xadd(keys.shard(0), "*", ...fields);
    await rig.doneEntry({ chatId: newChatId(), userId }).send();
    await rig.doneEntry({ chatId, userId: newUser() }).send();
    await sql`update chat.conversations set is_deleted = true where id = ${chatId}`;
    await rig.doneEntry({ chatId, userId }).send();
    await until(async () => (await rig.rowsOf(chatId)).length === 2);
    await rig.allAcked();
    expect(await redis.xlen(keys.persistenceDeadLetters)).toBe(1);
    for (const reason of ["unreadable", "chat-missing", "chat-foreign"]) {
      expect(await valueOf(one.metrics.refused, { reason })).toBe(1);
    }
  });

  test("while PostgreSQL is away the batch is kept, and stored when it is back", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    const one = rig.start();
    await until(() => one.heart.workedWithin(1000));
    const { away, end } = outageOf(database.url);
    await away(true);
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => rig.doneEntry({ chatId, userId }).send(i % 4)),
    );
    await until(async () => (await valueOf(one.metrics.processErrors, { loop: "store" })) > 3);
    expect(await pendingOf(redis, groups.persistence)).toBeGreaterThan(0);
    await away(false);
    await until(async () => (await rig.rowsOf(chatId)).length === 60);
    await rig.allAcked();
    expect(await redis.xlen(keys.persistenceDeadLetters)).toBe(0);
    expect(await rig.chat(chatId)).toMatchObject({ message_count: 60 });
    await end();
  }, 40_000);

  test("while the disk is full the batch is kept whole, and no row is blamed", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    // as PostgreSQL says it: SQLSTATE 53100, disk_full
    await sql`create function chat.disk_is_full() returns trigger language plpgsql as
      $$begin raise exception 'could not extend file' using errcode = 'disk_full'; end$$`;
    await sql`create trigger full_disk before insert on chat.messages
      for each row execute function chat.disk_is_full()`;
    const one = rig.start();
    for (let i = 0; i < 5; i++) await rig.doneEntry({ chatId, userId }).send(i % 4);
    await until(async () => (await valueOf(one.metrics.processErrors, { loop: "store" })) > 3);
    expect(await rig.rowsOf(chatId)).toHaveLength(0);
    await sql`drop function chat.disk_is_full cascade`;
    await until(async () => (await rig.rowsOf(chatId)).length === 10);
    await rig.allAcked();
    expect(await redis.xlen(keys.persistenceDeadLetters)).toBe(0);
    expect(await rig.chat(chatId)).toMatchObject({ message_count: 10 });
  }, 40_000);

  test("an answer of 1 MB is stored whole", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    const text = "가".repeat(jobLimits.answerBytes / 3);
    rig.start();
    await rig.doneEntry({ chatId, userId, text }).send();
    await until(async () => (await rig.rowsOf(chatId)).length === 2);
    expect((await rig.rowsOf(chatId))[1]?.content === text).toBe(true);
  });

  test("what a dead replica held is taken over, its own leftovers come first", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    await rig.doneEntry({ chatId, userId }).send();
    await rig.doneEntry({ chatId, userId }).send();
    const from = ["COUNT", "1", "STREAMS", keys.shard(0), ">"];
    const read = (consumer: string) =>
      redis.call("XREADGROUP", "GROUP", groups.persistence, consumer, ...from);
    await read("a");
    await read("dead");
    const [[dead] = [""]] = (await redis.xpending(
      keys.shard(0),
      groups.persistence,
      "-",
      "+",
      1,
      "dead",
    )) as [string][];
    await redis.call(
      "XCLAIM",
      keys.shard(0),
      groups.persistence,
      "dead",
      "0",
      dead,
      "IDLE",
      "6000",
    );
    rig.start("a");
    await until(async () => (await rig.rowsOf(chatId)).length === 4);
    await rig.allAcked();
  });

  test("a stop writes what is held", async () => {
    const userId = newUser();
    const chatId = await rig.newChat(userId);
    const one = rig.start();
    await rig.doneEntry({ chatId, userId }).send();
    await until(async () => (await valueOf(one.metrics.held)) === 1);
    await one.stop();
    expect(await rig.rowsOf(chatId)).toHaveLength(2);
    expect(await pendingOf(redis, groups.persistence)).toBe(0);
  });
});
