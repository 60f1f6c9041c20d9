import { afterAll, beforeAll, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { join } from "node:path";
import { until } from "../../shared/testing/until.ts";
import { Client } from "../client.ts";
import { type RunningStack, startStack } from "../stack.ts";

const folder = join(import.meta.dir, "..", "..", "stack");
let stack: RunningStack;
let redis: Redis;

beforeAll(async () => {
  stack = await startStack();
  redis = new Redis(stack.file().services.redis_streams.url);
}, 120_000);

afterAll(async () => {
  redis?.disconnect();
  await stack?.stop();
}, 60_000);

/** Runs a command as an operator does, in the stack's folder. */
async function run(script: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, join(folder, script), ...args], {
    cwd: stack.directory,
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { out, err, code };
}

test("doctor finds nothing wrong with a sound stack, and writes no colour to a pipe", async () => {
  const { out, code } = await run("doctor.ts");
  expect(out).toContain("nothing is wrong");
  expect(out).not.toContain("\u001b[");
  expect(code).toBe(0);
});

test("doctor names a router that hangs, and what to do", async () => {
  const { router } = stack.file().pids;
  await redis.xadd("chat:dead-letters", "*", "job_id", "", "reason", "rejected", "body", "x");
  process.kill(router, "SIGSTOP");
  try {
    await until(async () => (await redis.exists("chat:lease:shard:0")) === 0);
    const { out, code } = await run("doctor.ts", "--json");
    const findings = JSON.parse(out) as { what: string; state: string; advice?: string }[];
    const troubles = findings.filter(({ state }) => state === "trouble");
    expect(troubles.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["router", "shard 0", "shard 3"]),
    );
    expect(troubles.every(({ advice = "" }) => advice.length > 10)).toBe(true);
    expect(findings).toContainEqual(
      expect.objectContaining({ what: "dead letters", state: "note" }),
    );
    expect(code).toBe(1);
  } finally {
    process.kill(router, "SIGCONT");
    await redis.del("chat:dead-letters");
    await until(async () => (await run("doctor.ts")).code === 0, { timeoutMs: 60_000 });
  }
});

test("inspect shows a job without its texts, and with them when asked", async () => {
  const client = new Client(stack.file());
  const question = "형광등 버리는 법 알려줘";
  const job = await client.send(await client.createChat(), question);
  const reading = await client.read(job);
  const rows = () => run("inspect.ts", job).then(({ out }) => out);
  await until(async () => /assistant +[\da-f-]{36}, /.test(await rows()), { what: "its rows" });
  const { out, code } = await run("inspect.ts", job);
  expect(code).toBe(0);
  for (const line of [/status +completed/, /holes +none/, /trace_id +[\da-f]{32}/, /unread 0/]) {
    expect(out).toMatch(line);
  }
  expect(out).toMatch(new RegExp(`last +${reading.lastId ?? "?"}`));
  expect(out).not.toContain("형광등");
  expect((await run("inspect.ts", job, "--text")).out).toContain(question);
});

test("both say how they are used, and refuse what they do not know", async () => {
  for (const script of ["doctor.ts", "inspect.ts"]) {
    const help = await run(script, "--help");
    expect([help.code, help.out]).toEqual([0, expect.stringContaining("Usage: bun run")]);
    expect((await run(script, "--nope")).code).toBe(2);
  }
  expect((await run("inspect.ts")).code).toBe(2);
  expect((await run("inspect.ts", crypto.randomUUID())).code).toBe(1);
});
