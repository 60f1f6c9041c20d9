import { afterAll, beforeAll, expect, test } from "bun:test";
import { TestJob } from "../../gateway/testing/test-job.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { endJob } from "../../shared/end-job.ts";
import { type ScriptedRedis, seize } from "../../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../../shared/testing/services.ts";
import { quiet } from "./pipes.ts";

describeWith("redis")("those who end a job from outside", () => {
  let server: TestRedis;
  let clients: ScriptedRedis[];
  beforeAll(async () => {
    server = await startRedis();
    clients = Array.from({ length: 4 }, () => openRedis(server.url, "ender", "store", quiet));
  });
  afterAll(async () => {
    await Promise.all(clients.map((each) => closeRedis(each)));
    await server.stop();
  });
  const running = async () => {
    const [redis] = clients as [ScriptedRedis];
    const job = new TestJob(redis);
    await job.accept();
    await job.take();
    await job.tokens("반쯤");
    return job;
  };

  test("come one at a time: a second one is told to wait, and does not fence the first out", async () => {
    const job = await running();
    const [one, other] = clients as [ScriptedRedis, ScriptedRedis];
    const how = { ending: "cancelled", errorCode: "CANCELLED" } as const;
    expect((await seize(one, job.jobId, how)).word).toBe("seized");
    expect((await seize(other, job.jobId, how)).word).toBe("seizing");
  });

  test("at the same moment: one ends it, the others hear how, nobody fails", async () => {
    for (let round = 0; round < 10; round++) {
      const job = await running();
      const ends = await Promise.all(
        clients.map((redis) => endJob(redis, job.jobId, "cancelled", "CANCELLED")),
      );
      const words = ends.map(({ word }) => word).sort();
      expect(words).toEqual(["ended-before", "ended-before", "ended-before", "ended-now"]);
      expect((await job.log()).filter(({ event }) => event === "done")).toHaveLength(1);
    }
  });
});
