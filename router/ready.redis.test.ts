import { afterAll, beforeAll, expect, test } from "bun:test";
import { bound } from "../shared/testing/bound.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { freePort } from "../stack/ports.ts";
import { closers, connect } from "./test-rig.ts";

describeWith("redis")("the relay's process", () => {
  const opened = closers();
  let streams: TestRedis;
  let pubsub: TestRedis;
  beforeAll(async () => {
    [streams, pubsub] = await Promise.all([startRedis(), startRedis()]);
  });
  afterAll(async () => {
    await opened.closeAll();
    await Promise.all([streams.stop(), pubsub.stop()]);
  });

  const start = async () => {
    const port = await freePort();
    const child = Bun.spawn([process.execPath, "router/main.ts", "relay"], {
      cwd: `${import.meta.dir}/..`,
      env: {
        PATH: process.env["PATH"] ?? "",
        REDIS_STREAMS_URL: streams.url,
        REDIS_PUBSUB_URL: pubsub.url,
        RABBITMQ_URL: "amqp://127.0.0.1:1", // away: tokens flow without it
        ADMIN_PORT: String(port),
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    opened.add(child, (one) => one.kill("SIGKILL"));
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status;
    return { child, ready };
  };

  test("is unready while a store is away, though nobody sends anything, and comes back by itself", async () => {
    const { child, ready } = await start();
    await until(async () => (await ready()) === 200, { what: "/ready", timeoutMs: 20_000 });
    for (const store of [pubsub, streams]) {
      await store.crash();
      const unreadyWithin = { what: "/ready to fail", timeoutMs: bound(10_000) };
      await until(async () => (await ready()) === 503, unreadyWithin);
      await store.restart();
      await until(async () => (await ready()) === 200, { what: "/ready", timeoutMs: 20_000 });
    }
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  }, 90_000);

  test("does not start on a store that evicts keys", async () => {
    const redis = connect(streams.url, "store", opened);
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    const { child } = await start();
    expect(await child.stderr.text()).toContain("noeviction");
    expect(await child.exited).toBe(1);
    await redis.config("SET", "maxmemory-policy", "noeviction");
  }, 20_000);
});
