import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { keys } from "../shared/keys.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { intentCache } from "./intent-cache.ts";
import { quiet } from "./testing/jobs.ts";

describeWith("redis")("intents in Redis", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-intents", "request", quiet);
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  test("what is written is read, and forgotten within the hour", async () => {
    const cache = intentCache(redis, quiet);
    const key = crypto.randomUUID();
    expect(await cache.read(key)).toBeNull();
    await cache.write(key, "{}");
    expect(await cache.read(key)).toBe("{}");
    const seconds = await redis.ttl(keys.intentCache(key));
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
  });
});

test("a store that is away or slow is a miss", async () => {
  const away = intentCache(
    { get: () => Promise.reject(new Error("away")), set: () => new Promise(() => {}) } as never,
    quiet,
  );
  expect(await away.read("a")).toBeNull();
  await away.write("a", "{}");
});
