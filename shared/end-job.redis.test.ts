import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeRedis, openRedis } from "./clients/redis.ts";
import { queuedEvent } from "./contract/build-events.ts";
import { newChatId, newJobId, shardOf, type UserId } from "./contract/ids.ts";
import { endJob } from "./end-job.ts";
import { keys } from "./keys.ts";
import { createLog } from "./log.ts";
import { accept, type ScriptedRedis, seize, take } from "./scripts.ts";
import { describeWith, startRedis, type TestRedis } from "./testing/services.ts";

describeWith("redis")("ending a job from outside", () => {
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
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  async function newJob() {
    const jobId = newJobId();
    const chatId = newChatId();
    await accept(redis, {
      jobId,
      chatId,
      userId: crypto.randomUUID() as UserId,
      message: "질문",
      imageUrl: null,
      submittedAt: new Date().toISOString(),
      queuedData: queuedEvent(jobId, "1.00", "%POSITION%"),
      envelope: "{}",
      shard: shardOf(jobId, 4),
      doubleTexting: "enqueue",
      idempotency: undefined,
    });
    return { jobId, chatId };
  }
  const log = async (jobId: Parameters<typeof keys.log>[0]) =>
    (await redis.xrange(keys.log(jobId), "-", "+")).map(([id, fields]) => `${id} ${fields[1]}`);

  test("of many enders at once one ends it, the others hear that it has ended", async () => {
    for (let round = 0; round < 10; round++) {
      const { jobId } = await newJob();
      const words = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          i % 2 === 0
            ? endJob(redis, jobId, "cancelled", "CANCELLED")
            : endJob(redis, jobId, "failed", "TIMEOUT"),
        ),
      );
      expect(words.filter(({ word }) => word === "ended-now")).toHaveLength(1);
      expect(words.filter(({ word }) => word === "ended-before")).toHaveLength(7);
      expect((await log(jobId)).filter((line) => line.endsWith("done"))).toHaveLength(1);
    }
  });

  test("an ender that vanishes is followed by the watchdog, which ends it as was wanted", async () => {
    const { jobId, chatId } = await newJob();
    expect(
      await seize(redis, jobId, { ending: "cancelled", errorCode: "CANCELLED" }),
    ).toMatchObject({
      word: "seized",
    });
    // nobody runs it meanwhile, and the watchdog does not wait for the job's own deadline
    const taken = await take(redis, {
      jobId,
      chatId,
      worker: "w",
      redelivered: true,
      record: {},
    });
    expect(taken.word).toBe("busy");
    await redis.hset(keys.job(jobId), "seized_until", "1");
    const score = Number(await redis.zscore(keys.deadlines, jobId));
    expect(score - Date.now()).toBeLessThan(5000);
    expect(await endJob(redis, jobId, "failed", "TIMEOUT", 60_000)).toMatchObject({
      word: "ended-now",
    });
    expect(await redis.hget(keys.job(jobId), "status")).toBe("cancelled");
  });
});
