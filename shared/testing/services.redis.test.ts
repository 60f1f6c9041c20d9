import { Redis } from "ioredis";
import { expect, test } from "bun:test";
import { isFree } from "../../stack/ports.ts";
import { describeWith, startRedis } from "./services.ts";

describeWith("redis")("startRedis", () => {
  test("answers at once and is gone after stop", async () => {
    const server = await startRedis();
    const redis = new Redis(server.url);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
    await server.stop();
    expect(await isFree(server.port)).toBe(true);
  });

  test.each([
    { name: "keeps what it answered through a crash with aof", aof: true, kept: "1" },
    { name: "starts empty after a crash without", aof: false, kept: null },
  ])("$name", async ({ aof, kept }) => {
    const server = await startRedis({ aof });
    const redis = new Redis(server.url, { retryStrategy: () => 5 });
    redis.on("error", () => {});
    await redis.set("a", "1");
    const before = server.pid;
    await server.crash();
    await server.restart();
    expect(await redis.get("a")).toBe(kept);
    expect(server.pid).not.toBe(before);
    redis.disconnect();
    await server.stop();
  });
});
