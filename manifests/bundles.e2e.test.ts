import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { freePort } from "../stack/ports.ts";
import { declareTopology } from "../stack/topology.ts";
import { startOtlpReceiver } from "../tests/observe/otlp-receiver.ts";
import { builds } from "./builds.ts";
import { folder } from "./rendered.ts";

// Started as the image starts them: one file each, alone in a folder, nothing else of the project at hand.

const started: Bun.Subprocess<"ignore", "pipe", "pipe">[] = [];
const dir = mkdtempSync(join(tmpdir(), "eco2-bundles-"));

function start(bundle: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = Bun.spawn([process.execPath, join(dir, bundle), ...args], {
    cwd: dir,
    env: { NODE_ENV: "production", BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("bundles", () => {
  let redis: TestRedis;
  const database = `eco2_bundles_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = process.env["TEST_DATABASE_URL"] ?? "";
  const rabbit = process.env["TEST_RABBITMQ_URL"] ?? "";
  const databaseUrl = () => Object.assign(new URL(server), { pathname: `/${database}` }).toString();
  const onServer = async (statement: string) => {
    const sql = postgres(server, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement);
    await sql.end();
  };

  beforeAll(async () => {
    for (const { entry, flags, out } of builds) {
      const command = ["build", `${entry}.ts`, ...flags, `--outdir=${join(dir, out)}`];
      const run = Bun.spawnSync([process.execPath, ...command], { cwd: join(folder, "..") });
      expect(run.success ? "built" : run.stderr.toString()).toBe("built");
    }
    redis = await startRedis();
    await Promise.all([onServer(`create database ${database}`), declareTopology(rabbit)]);
    const migrate = start("stack/migrate.js", [], { DATABASE_URL: databaseUrl() });
    expect(await migrate.exited).toBe(0);
  }, 60_000);

  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
    }
  });

  afterAll(async () => {
    await redis.stop();
    await onServer(`drop database ${database} with (force)`);
    rmSync(dir, { recursive: true });
  });

  const roles = [
    ["gateway/main.js", "api"],
    ["gateway/main.js", "sse"],
    ["worker/main.js", ""],
    ["router/main.js", "relay"],
    ["router/main.js", "persistence"],
  ] as const;

  const untilReady = async (bundle: string, role: string, more: Record<string, string> = {}) => {
    const port = await freePort();
    const startedAt = performance.now();
    const child = start(bundle, role === "" ? [] : [role], {
      REDIS_STREAMS_URL: redis.url,
      REDIS_PUBSUB_URL: redis.url,
      RABBITMQ_URL: rabbit,
      DATABASE_URL: databaseUrl(),
      JWT_SECRET: "a secret of the tests, 32 characters",
      HOST: "127.0.0.1",
      PORT: String(await freePort()),
      ADMIN_PORT: String(port),
      ...more,
    });
    const url = `http://127.0.0.1:${port}`;
    const isReady = async () => {
      if (child.exitCode !== null) throw new Error(await child.stdout.text());
      return (await fetch(`${url}/ready`)).status === 200;
    };
    await until(isReady, { what: `${bundle} ${role} to be ready` });
    const ms = Math.round(performance.now() - startedAt);
    const live = await fetch(`${url}/live`);
    const text = await (await fetch(`${url}/metrics`)).text();
    const rss = Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 1e6;
    return { ms, rss, live: live.status };
  };

  test.each(roles)("%s %s is ready", async (bundle, role) => {
    const { ms, rss, live } = await untilReady(bundle, role);
    const kilobytes = Math.round(statSync(join(dir, bundle)).size / 1000);
    console.log(
      `${bundle} ${role}: ${kilobytes} kB, ready after ${ms} ms, RSS ${rss.toFixed(0)} MB`,
    );
    expect(live).toBe(200);
  });

  test("a bundle can load the OpenTelemetry SDK", async () => {
    const receiver = startOtlpReceiver();
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    const { rss } = await untilReady("worker/main.js", "", traced);
    console.log(`worker with the OpenTelemetry SDK: RSS ${rss.toFixed(0)} MB`);
    await receiver.stop();
  });
});
