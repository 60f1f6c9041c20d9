import { afterAll, beforeAll, expect, test } from "bun:test";
import { parseHint } from "../../gateway/sse/entry.ts";
import { TestJob } from "../../gateway/testing/test-job.ts";
import { ensureGroups } from "../../router/groups.ts";
import { openRedis } from "../../shared/clients/redis.ts";
import { shardOf } from "../../shared/contract/ids.ts";
import { groups, keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { quiet } from "./pipes.ts";
import { startRelay, unread } from "./settle.ts";

describeWith("redis")("what a relay could not publish before it died", () => {
  let streams: TestRedis;
  let pubsub: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    [streams, pubsub] = await Promise.all([startRedis(), startRedis()]);
    redis = openRedis(streams.url, "marks", "store", quiet);
    await ensureGroups(redis, stream.shardCount, quiet);
  });
  afterAll(async () => {
    redis.disconnect();
    await Promise.all([streams.stop(), pubsub.stop()]);
  });

  test("is published by the next one: a mark comes after the hint, never before", async () => {
    const job = new TestJob(redis);
    await pubsub.crash();
    await job.accept();
    await job.take();
    await job.tokens("하나", "둘");
    const first = startRelay(streams.url, pubsub.url, "first");
    const key = keys.shard(shardOf(job.jobId, stream.shardCount));
    await until(async () => (await redis.xpending(key, groups.relay))[0] === 3, {
      what: "the first relay to have read them",
    });
    await first.die();

    await pubsub.restart();
    const heard: string[] = [];
    const listener = openRedis(pubsub.url, "marks", "subscriber", quiet);
    listener.on("message", (_, message: string) => {
      heard.push(...parseHint(message).map(({ id }) => id));
    });
    await listener.subscribe(keys.live(job.jobId));
    const second = startRelay(streams.url, pubsub.url, "second");
    await until(async () => (await unread(redis, groups.relay)) === 0, { timeoutMs: 10_000 });
    await until(() => heard.length >= 3, { what: "the hints" });
    expect(heard).toEqual((await job.log()).map(({ id }) => id));
    await second.die();
    listener.disconnect();
  });
});
