import { afterAll, expect, test } from "bun:test";
import { connect } from "node:net";
import postgres from "postgres";
import { openRedis } from "../shared/clients/redis.ts";
import { topology } from "../shared/contract/topology.ts";
import { createLog } from "../shared/log.ts";
import { bound } from "../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { freePort } from "../stack/ports.ts";
import { declareTopology } from "../stack/topology.ts";
import { parseStream } from "./testing/sse-client.ts";
import { testRules, testToken } from "./testing/test-app.ts";
import { TestJob, testUser } from "./testing/test-job.ts";

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("the gateway process", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis(),
    testDatabase(),
    testTopology(),
  ]);
  await declareTopology(queue.url, topology);
  const store = openRedis(
    redis.url,
    "test",
    "request",
    createLog(() => {}),
  );
  const started: Bun.Subprocess[] = [];
  afterAll(async () => {
    for (const each of started) each.kill("SIGKILL");
    store.disconnect();
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });

  const start = async (role: string, env: Record<string, string> = {}) => {
    const [port, adminPort] = [await freePort(), await freePort()];
    const gateway = Bun.spawn([process.execPath, "gateway/main.ts", role], {
      cwd: `${import.meta.dir}/..`,
      env: {
        PATH: process.env["PATH"] ?? "",
        REDIS_STREAMS_URL: redis.url,
        REDIS_PUBSUB_URL: redis.url,
        RABBITMQ_URL: queue.url,
        DATABASE_URL: database.url,
        JWT_SECRET: testRules.secret,
        HOST: "127.0.0.1",
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
        ...env,
      },
      stdout: "pipe",
      stderr: "inherit",
    });
    started.push(gateway);
    const admin = async (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`);
    const isReady = () => until(async () => (await admin("/ready")).ok, { what: "/ready" });
    return { gateway, port, base: `http://127.0.0.1:${port}/api/v1/chat`, admin, isReady };
  };
  const headers = async () => ({ authorization: `Bearer ${await testToken(testUser)}` });

  test("serves its role, shows how it is, and ends streams and itself on SIGTERM", async () => {
    const { gateway, port, base, admin, isReady } = await start("sse", { SSE_MAX_READERS: "1" });
    await isReady();
    expect((await admin("/live")).status).toBe(200);
    const job = new TestJob(store);
    await job.accept();
    const stream = await fetch(`${base}/${job.jobId}/events`, { headers: await headers() });
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    expect((await fetch(base, { headers: await headers() })).status).toBe(404); // that is api's
    const metrics = await (await admin("/metrics")).text();
    expect(metrics).toContain("sse_gateway_connections_active 1");
    expect(metrics).toContain("sse_active_connections 1");
    const full = await fetch(`${base}/${job.jobId}/events`, { headers: await headers() });
    expect(full.status).toBe(503);
    expect(full.headers.get("retry-after")).toBe("2");

    const idle = connect(port, "127.0.0.1"); // a kept connection must not hold the process
    await until(() => idle.readyState === "open");
    const startedAt = performance.now();
    gateway.kill("SIGTERM");
    const text = await stream.text();
    expect(parseStream(text).map(({ event }) => event)).toEqual(["queued"]);
    expect(text).toMatch(/\n\nretry: \d+\n\n$/);
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(bound(3000));
    idle.destroy();
  });

  test("an API that gets a stream's request says so, whoever asks, and counts it", async () => {
    const { gateway, base, admin, isReady } = await start("api");
    await isReady();
    const path = `${base}/${crypto.randomUUID()}/events`;
    expect((await fetch(path)).status).toBe(421);
    expect((await fetch(path, { method: "HEAD" })).status).toBe(405);
    expect(await (await admin("/metrics")).text()).toContain("misrouted_requests_total 1");
    gateway.kill("SIGTERM");
    expect(await gateway.exited).toBe(0);
  });

  test("says how to use it", async () => {
    const { gateway } = await start("--help");
    expect(await gateway.exited).toBe(0);
    const { gateway: other } = await start("worker");
    expect(await other.exited).toBe(2);
    expect(await new Response(other.stdout as ReadableStream).text()).toContain("Usage");
  });

  test("does not start on a store that evicts keys", async () => {
    await store.config("SET", "maxmemory-policy", "allkeys-lru");
    const { gateway } = await start("all");
    expect(await gateway.exited).toBe(1);
    expect(await new Response(gateway.stdout as ReadableStream).text()).toContain("noeviction");
    await store.config("SET", "maxmemory-policy", "noeviction");
  });

  test("does not start on a database without the schema", async () => {
    const name = `${new URL(database.url).pathname.slice(1)}_empty`;
    const admin = postgres(database.url, { max: 1 });
    await admin.unsafe(`create database ${name}`);
    const url = new URL(`/${name}`, database.url).toString();
    const { gateway } = await start("all", { DATABASE_URL: url });
    expect(await gateway.exited).toBe(1);
    expect(await new Response(gateway.stdout as ReadableStream).text()).toContain("migrate");
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end();
  });

  test("stays alive, unready, while a store is away, and comes back by itself", async () => {
    const own = await startRedis();
    const { gateway, admin, isReady } = await start("all", { REDIS_STREAMS_URL: own.url });
    await isReady();
    const pubsub = await startRedis();
    const other = await start("sse", { REDIS_PUBSUB_URL: pubsub.url });
    await other.isReady();
    await Promise.all([own.crash(), pubsub.crash()]);
    for (const one of [admin, other.admin]) {
      await until(async () => (await one("/ready")).status === 503, { what: "/ready to fail" });
      expect((await one("/live")).status).toBe(200);
    }
    await Promise.all([own.restart(), pubsub.restart()]);
    await Promise.all([isReady(), other.isReady()]);
    for (const one of [gateway, other.gateway]) {
      one.kill("SIGTERM");
      expect(await one.exited).toBe(0);
    }
    await Promise.all([own.stop(), pubsub.stop()]);
  });
});
