import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres from "postgres";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  type TestRedis,
} from "../shared/testing/services.ts";
import { quiet } from "./testing/jobs.ts";

describeWith("redis", "postgres")("a worker does not start", () => {
  let server: TestRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    [server, database] = await Promise.all([startRedis(), testDatabase()]);
  });
  afterAll(() => Promise.all([server.stop(), database.drop()]));

  /** What it says before it exits 1. */
  async function refusal(env: Record<string, string> = {}): Promise<string> {
    const child = Bun.spawn([process.execPath, "worker/main.ts"], {
      cwd: `${import.meta.dir}/..`,
      env: {
        PATH: process.env["PATH"] ?? "",
        REDIS_STREAMS_URL: server.url,
        REDIS_PUBSUB_URL: server.url,
        RABBITMQ_URL: "amqp://127.0.0.1:1",
        DATABASE_URL: database.url,
        ADMIN_PORT: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect(await child.exited).toBe(1);
    return said.join("");
  }

  test("on a store that evicts keys", async () => {
    const redis = openRedis(server.url, "test", "store", quiet);
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    expect(await refusal()).toContain("noeviction");
    await redis.config("SET", "maxmemory-policy", "noeviction");
    await closeRedis(redis);
  });

  test("on a database without the schema", async () => {
    const name = `${new URL(database.url).pathname.slice(1)}_empty`;
    const admin = postgres(database.url, { max: 1 });
    await admin.unsafe(`create database ${name}`);
    const url = new URL(`/${name}`, database.url);
    expect(await refusal({ DATABASE_URL: url.toString() })).toContain("bun run migrate");
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end();
  });

  test("on an address that is none, without telling it", async () => {
    const said = await refusal({ REDIS_STREAMS_URL: "http://user:hunter2@x" });
    expect(said).toContain("REDIS_STREAMS_URL");
    expect(said).not.toContain("hunter2");
  });
});
