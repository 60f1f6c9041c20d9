import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres from "postgres";
import { bound } from "../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  type TestRedis,
} from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { outageOf } from "./test-persist-rig.ts";

function router(args: string[], env: Record<string, string>) {
  return Bun.spawn([process.execPath, "router/main.ts", ...args], {
    cwd: `${import.meta.dir}/..`,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("says how it is used, and refuses what it does not know", async () => {
  const help = router(["--help"], {});
  expect(await help.stdout.text()).toContain("relay|persistence|all");
  expect(await help.exited).toBe(0);
  const wrong = router(["relays"], {});
  expect(await wrong.stderr.text()).toContain("usage:");
  expect(await wrong.exited).toBe(2);
});

test("names every variable that is wrong, and only what its role needs", async () => {
  const env = { REDIS_STREAMS_URL: "http://user:secret@x", ADMIN_PORT: "x", DATABASE_URL: "" };
  const child = router(["persistence"], env);
  const said = await child.stderr.text();
  for (const name of ["REDIS_STREAMS_URL", "ADMIN_PORT", "DATABASE_URL"])
    expect(said).toContain(name);
  for (const name of ["RABBITMQ_URL", "secret", " at "]) expect(said).not.toContain(name);
  expect(await child.exited).toBe(1);
});

describeWith("redis", "postgres")("the process", () => {
  let server: TestRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    [server, database] = await Promise.all([startRedis(), testDatabase()]);
  });
  afterAll(() => Promise.all([server.stop(), database.drop()]));

  const started = async (child: ReturnType<typeof router>): Promise<number> => {
    for await (const chunk of child.stdout) {
      const port = /"admin_port":(\d+)/.exec(new TextDecoder().decode(chunk))?.[1];
      if (port) return Number(port);
    }
    throw new Error(await child.stderr.text());
  };

  test("is ready while its store answers, unready while not, and stops in order", async () => {
    const env = { REDIS_STREAMS_URL: server.url, DATABASE_URL: database.url };
    const child = router(["persistence"], env);
    const port = await started(child);
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    await until(async () => (await status("/ready")) === 200);
    await server.crash();
    await until(async () => (await status("/ready")) === 503, { timeoutMs: 12_000 });
    expect(await status("/live")).toBe(200);
    await server.restart();
    await until(async () => (await status("/ready")) === 200);
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const isWhole = async () =>
      (await metrics()).includes("event_router_groups_recreated_total 8\n"); // it came back empty
    await until(isWhole, { what: "its groups to be made again" });
    const { away, end } = outageOf(database.url); // nobody writes: only asking tells
    await away(true);
    await until(async () => (await status("/ready")) === 503, { timeoutMs: 12_000 });
    await away(false);
    await until(async () => (await status("/ready")) === 200, { timeoutMs: 20_000 });
    await end();
    child.kill("SIGTERM");
    const since = performance.now();
    expect(await child.exited).toBe(0);
    expect(performance.now() - since).toBeLessThan(bound(2000));
  }, 60_000);

  test("a stop does not wait for a store that hangs", async () => {
    const child = router(["persistence"], {
      REDIS_STREAMS_URL: server.url,
      DATABASE_URL: database.url,
    });
    await started(child);
    process.kill(server.pid, "SIGSTOP");
    child.kill("SIGTERM");
    const since = performance.now();
    expect(await child.exited).toBe(0);
    expect(performance.now() - since).toBeLessThan(bound(10_000));
    process.kill(server.pid, "SIGCONT");
  }, 20_000);

  test("refuses a database without the schema", async () => {
    const empty = `${new URL(database.url).pathname.slice(1)}_empty`;
    const admin = postgres(database.url, { max: 1 });
    await admin.unsafe(`create database ${empty}`);
    const url = new URL(database.url);
    url.pathname = `/${empty}`;
    const child = router(["persistence"], {
      REDIS_STREAMS_URL: server.url,
      DATABASE_URL: url.toString(),
    });
    expect(await child.stderr.text()).toContain('run "bun run migrate"');
    expect(await child.exited).toBe(1);
    await admin.unsafe(`drop database ${empty} with (force)`);
    await admin.end();
  });
});
