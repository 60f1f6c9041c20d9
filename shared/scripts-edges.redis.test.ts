import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { closeRedis, openRedis } from "./clients/redis.ts";
import { queuedEvent } from "./contract/build-events.ts";
import { newChatId, newJobId, shardOf, type UserId } from "./contract/ids.ts";
import { endJob } from "./end-job.ts";
import { recordFields } from "./job-record.ts";
import { groups, keys } from "./keys.ts";
import { stream } from "./limits.ts";
import { createLog } from "./log.ts";
import {
  accept,
  type AcceptInput,
  append,
  holdLease,
  release,
  releaseLease,
  renew,
  type ScriptedRedis,
  take,
  trim,
} from "./scripts.ts";
import { describeWith, startRedis, type TestRedis } from "./testing/services.ts";
import { until } from "./testing/until.ts";

const newUserId = () => newJobId() as string as UserId;

function message(over: Partial<AcceptInput> = {}): AcceptInput {
  const jobId = newJobId();
  return {
    jobId,
    chatId: newChatId(),
    userId: newUserId(),
    message: "hi",
    imageUrl: null,
    submittedAt: "2026-11-20T00:00:00.000Z",
    queuedData: queuedEvent(jobId, "1.00", "%POSITION%"),
    envelope: "{}",
    shard: shardOf(jobId, stream.shardCount),
    doubleTexting: "enqueue",
    idempotency: undefined,
    ...over,
  };
}

describeWith("redis")("the scripts, one by one", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(
      server.url,
      "test",
      "store",
      createLog(() => {}),
    );
  });
  beforeEach(() => redis.flushall());
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  test("an attempt that lost its job cannot renew its lease, nor give the job back", async () => {
    const asked = message();
    await accept(redis, asked);
    const input = { ...asked, worker: "w1", redelivered: false, record: {} };
    const first = await take(redis, input);
    await redis.hset(keys.job(asked.jobId), "lease_until", "0");
    const second = await take(redis, { ...input, worker: "w2", redelivered: true });
    if (first.word !== "taken" || second.word !== "taken") throw new Error("not taken");
    expect(await renew(redis, asked.jobId, first.attempt)).toBe("stale");
    expect(await release(redis, asked.jobId, first.attempt, false)).toBe("stale");
    expect(await renew(redis, asked.jobId, second.attempt)).toBe("renewed");
  });

  test("ten requests with one idempotency key make one job", async () => {
    const userId = newUserId();
    const idempotency = { key: "k", bodyHash: "h" };
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => accept(redis, message({ userId, idempotency }))),
    );
    expect(replies.filter(({ word }) => word === "accepted")).toHaveLength(1);
    const ids = new Set(
      replies.flatMap((reply) => (reply.word === "repeated" ? [reply.jobId] : [])),
    );
    expect(ids.size).toBe(1);
    expect(await redis.xlen(keys.outbox)).toBe(1);
    const other = { key: "k", bodyHash: "another" };
    expect((await accept(redis, message({ userId, idempotency: other }))).word).toBe("conflict");
    expect((await accept(redis, message({ idempotency }))).word).toBe("accepted"); // another user's key
  });

  test("a second message of a busy chat waits or is refused, as asked", async () => {
    const first = message();
    const { chatId } = first;
    await accept(redis, first);
    expect(await accept(redis, message({ chatId, doubleTexting: "reject" }))).toEqual({
      word: "busy",
      jobId: first.jobId,
    });
    const second = message({ chatId });
    expect(await accept(redis, second)).toMatchObject({ word: "accepted", position: 1 });
    const [, [, queued] = ["", []]] = [
      "",
      (await redis.xrange(keys.log(second.jobId), "-", "+"))[0],
    ];
    expect(JSON.parse(queued[3] ?? "")).toMatchObject({ result: { position: 1 } });
  });

  test("full shards refuse messages and tokens, never an ending, and nothing is half done", async () => {
    const running = message();
    await accept(redis, running);
    const taken = await take(redis, { ...running, worker: "w", redelivered: false, record: {} });
    if (taken.word !== "taken") throw new Error(taken.word);
    await redis.eval(
      `for i = 1, ARGV[1] do redis.call("XADD", KEYS[1], "*", "a", "b") end`,
      1,
      keys.shard(running.shard),
      stream.shardMaxEntries,
    );
    const same = message();
    expect((await accept(redis, { ...same, shard: running.shard })).word).toBe("full");
    expect(await redis.exists(keys.job(same.jobId), keys.log(same.jobId))).toBe(0);
    const { jobId, chatId, shard } = running;
    const input = { jobId, chatId, shard, lastTokenSeq: 1001, progress: 1, snapshot: undefined };
    const first = { attempt: taken.attempt, n: 1 };
    const token = { event: "token", data: "{}", internal: "" };
    const append1 = () => append(redis, { ...input, first, entries: [token], ending: undefined });
    expect(await append1()).toBe("full");
    expect(await redis.xlen(keys.log(jobId))).toBe(1);
    expect((await endJob(redis, jobId, "failed", "STREAM_FULL")).word).toBe("ended-now");
    expect(await append1()).toBe("ended");
  });

  test("a job whose record a store lost waits its turn like any other, and can be ended there", async () => {
    const running = message();
    await accept(redis, running);
    await take(redis, { ...running, worker: "w", redelivered: false, record: {} });
    const lost = message({ chatId: running.chatId });
    const record = recordFields({ ...lost, createdAt: lost.submittedAt });
    const input = { ...lost, worker: "w", redelivered: true, record };
    expect(await take(redis, input)).toEqual({ word: "waiting", position: 1 });
    await endJob(redis, running.jobId, "cancelled", "CANCELLED");
    expect((await take(redis, input)).word).toBe("taken");
    const third = message({ chatId: running.chatId });
    const thirdRecord = recordFields({ ...third, createdAt: third.submittedAt });
    const waiting = await take(redis, {
      ...third,
      worker: "w",
      redelivered: true,
      record: thirdRecord,
    });
    expect(waiting.word).toBe("waiting");
    expect((await endJob(redis, third.jobId, "cancelled", "CANCELLED")).word).toBe("ended-now");
  });

  test("trimming never drops what a group has not acknowledged, and all that every group has", async () => {
    const names = [groups.relay, groups.persistence];
    const key = keys.shard(0);
    const act = fc.record({
      op: fc.constantFrom("add", "read", "ack", "trim" as const),
      group: fc.constantFrom(...names),
      count: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: "max" }), async (acts) => {
        await redis.del(key);
        for (const name of names) await redis.xgroup("CREATE", key, name, "0", "MKSTREAM");
        const added: string[] = [];
        const acked = new Map(names.map((name) => [name, new Set<string>()]));
        const pending = new Map(names.map((name) => [name, [] as string[]]));
        for (const { op, group, count } of [
          ...acts,
          { op: "trim" as const, group: groups.relay, count: 1 },
        ]) {
          const held = pending.get(group) ?? [];
          if (op === "add") {
            for (let i = 0; i < count; i++)
              added.push((await redis.xadd(key, "*", "a", "b")) ?? "");
          } else if (op === "read") {
            const reply = (await redis.xreadgroup(
              "GROUP",
              group,
              "c",
              "COUNT",
              count,
              "STREAMS",
              key,
              ">",
            )) as [string, [string, string[]][]][] | null;
            held.push(...(reply?.[0]?.[1] ?? []).map(([id]) => id));
          } else if (op === "ack") {
            // in any order, as batches of several replicas end
            for (const id of held.splice(count % Math.max(1, held.length), count)) {
              await redis.xack(key, group, id);
              acked.get(group)?.add(id);
            }
          } else {
            expect((await trim(redis, 0, names)).word).toBe("trimmed");
            const left = new Set((await redis.xrange(key, "-", "+")).map(([id]) => id));
            const isWanted = (id: string) => names.some((name) => !acked.get(name)?.has(id));
            expect(added.filter((id) => isWanted(id) && !left.has(id))).toEqual([]);
            // all below the lowest wanted one is gone; the last acknowledged one marks the place
            const firstWanted = added.findIndex(isWanted);
            const done = firstWanted < 0 ? added : added.slice(0, firstWanted);
            expect(done.filter((id) => left.has(id)).length).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test("trimming waits for a group that is not there", async () => {
    await redis.xadd(keys.shard(0), "*", "a", "b");
    expect((await trim(redis, 0, [groups.relay])).word).toBe("missing");
    await redis.xgroup("CREATE", keys.shard(0), groups.relay, "$");
    const names = [groups.relay, groups.persistence];
    expect(await trim(redis, 0, names)).toEqual({ word: "missing", group: groups.persistence });
    expect(await redis.xlen(keys.shard(0))).toBe(1);
  });

  test("a lease has one holder, moves when it runs out or is given back, and renews without memory", async () => {
    const key = keys.shardLease(0);
    expect(await holdLease(redis, key, "a", 200)).toBe("taken");
    expect(await holdLease(redis, key, "b", 200)).toBe("other");
    expect(await holdLease(redis, key, "a", 200)).toBe("held");
    await until(async () => (await holdLease(redis, key, "b", 60_000)) === "taken");
    await releaseLease(redis, key, "a"); // not its own
    expect(await holdLease(redis, key, "a", 200)).toBe("other");
    await redis.config("SET", "maxmemory", "1");
    expect(await holdLease(redis, key, "b", 60_000)).toBe("held");
    await redis.config("SET", "maxmemory", "0");
    await releaseLease(redis, key, "b");
    expect(await holdLease(redis, key, "a", 200)).toBe("taken");
  });
});
