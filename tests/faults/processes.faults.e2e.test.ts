import { expect, test } from "bun:test";
import { until } from "../../shared/testing/until.ts";
import { Client, resultOf } from "../client.ts";
import { freeze } from "./freeze.ts";
import type { Rig } from "./rig.ts";
import { onPostgres, onRedis } from "./stores.ts";
import { underLoad } from "./suite.ts";
import { placeOf, StreamCheck } from "./verify.ts";
import { bound } from "../../shared/testing/bound.ts";

const suite = underLoad();
const named = (role: string) => suite.rig.names.filter((name) => name.startsWith(role));
const allReady = () =>
  until(
    async () =>
      (await Promise.all(suite.rig.names.map((name) => suite.rig.isReady(name)))).every(Boolean),
    { timeoutMs: 30_000, what: "every process to be ready" },
  );

/** Lease of a job, and what comes after it. */
const workerBoundMs = 13_000;

test.each([
  { name: "gateway-1", withinMs: 2000 },
  { name: "router-1", withinMs: 2000 },
  { name: "router-2", withinMs: 2000 },
  { name: "worker-1", withinMs: workerBoundMs },
])("$name killed: everyone goes on within $withinMs ms", async ({ name, withinMs }) => {
  await allReady();
  const { slowestMs } = await suite.breaks(async (rig) => rig.kill(name));
  expect(slowestMs).toBeLessThan(bound(withinMs));
});

test("both routers killed: readers go on from the log", async () => {
  await allReady();
  const { slowestMs } = await suite.breaks(async (rig) => {
    for (const name of named("router")) rig.kill(name);
  });
  expect(slowestMs).toBeLessThan(bound(5000)); // two starts of a process, then a lease
});

test.each([
  { name: "gateway-2", ms: 3000, withinMs: 3000 + 2000 },
  { name: "router-1", ms: 4000, withinMs: 3000 }, // the other one takes over meanwhile
])(
  "$name frozen for $ms ms, then woken: streams wait at most $withinMs ms",
  async ({ name, ms, withinMs }) => {
    await allReady();
    const { slowestMs } = await suite.breaks((rig) => freeze(rig, name, ms));
    expect(slowestMs).toBeLessThan(bound(withinMs));
  },
);

test("a worker frozen past its lease and woken cannot write any more", async () => {
  await allReady();
  const resetJobs = new Set<string>();
  const watched = new Map(suite.load.running);
  const stop = suite.load.listen(() => {
    for (const check of suite.load.running.values()) watched.set(check.job, check);
  });
  const { slowestMs } = await suite.breaks((rig) => freeze(rig, "worker-1", 14_000));
  stop();
  for (const check of watched.values()) if (check.resets > 0) resetJobs.add(check.job);
  expect(resetJobs.size).toBeGreaterThan(0); // the freeze did take jobs away from it
  // the sentinel is the log itself: once a later attempt wrote, no entry of an earlier one follows
  await onRedis(suite.rig.urls.redis_streams, async (redis) => {
    for (const job of resetJobs) {
      const attempts = (await redis.xrange(`chat:tokens:${job}`, "-", "+")).map(
        ([id]) => placeOf(id).attempt,
      );
      expect(attempts).toEqual([...attempts].sort((a, b) => a - b));
    }
  });
  expect(await refusals(suite.rig, "worker-1")).toBeGreaterThan(0);
  expect(slowestMs).toBeLessThan(bound(14_000 + 2000));
});

/** Attempts of a worker that came to no ending of their own: another one had the job, or had ended it. */
async function refusals(rig: Rig, name: string): Promise<number> {
  const text = await (await fetch(`${rig.adminUrl(name)}/metrics`)).text();
  const own = /status="(completed|failed|cancelled)"/;
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("chat_requests_total{") && !own.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

test.each(["gateway", "router", "worker"])(
  "rolling every %s with SIGTERM: no POST is answered 5xx, nobody waits long",
  async (role) => {
    await allReady();
    const before = new Map(suite.load.posts);
    const { slowestMs } = await suite.breaks(async (rig) => {
      for (const name of named(role)) {
        const pid = rig.pidOf(name);
        rig.signal(name, "SIGTERM");
        await until(async () => rig.pidOf(name) !== pid && (await rig.isReady(name)), {
          timeoutMs: 30_000,
          what: `${name} to be replaced`,
        });
      }
    });
    const failed = [...suite.load.posts].filter(
      ([status, count]) => status >= 400 && count !== (before.get(status) ?? 0),
    );
    expect(failed).toEqual([]);
    expect(slowestMs).toBeLessThan(bound(role === "worker" ? 5000 : 2000));
  },
);

test("a job whose workers always die ends failed, once, and the message is kept", async () => {
  await allReady();
  const { rig } = suite;
  const [base_url = ""] = rig.baseUrls;
  const client = new Client({ ...rig.jwt, base_url });
  const chat = await client.createChat();
  const job = await client.send(chat, "종이 버리는 법이랑 수거함도 알려줘");
  const check = new StreamCheck(job);
  const killed = new Set<number>();
  await suite.breaks(async () => {
    const readUntilDone = async () => {
      while (!check.done) {
        await client.read(job, {
          lastId: check.lastId,
          onFrame: (frame) => {
            check.frame(frame);
            const { attempt } = placeOf(frame.id ?? "0-0");
            if (attempt === 0 || frame.event === "done" || killed.has(attempt)) return;
            killed.add(attempt);
            for (const name of named("worker")) rig.kill(name);
          },
        });
      }
    };
    await readUntilDone();
  });
  expect(check.violations).toEqual([]);
  expect(check.done?.data["status"]).toBe("failed");
  expect(resultOf(check.done)["error_code"]).toBe("ATTEMPTS_EXHAUSTED");
  // the first delivery and three returns, some of which died before they took the job
  expect(killed.size).toBeLessThanOrEqual(4);
  expect(killed.size).toBeGreaterThan(1);
  const roles = await onPostgres(rig.urls.postgres, (sql) =>
    until(async () => {
      const rows = await sql<{ role: string }[]>`
        select role from chat.messages where job_id = ${job}`;
      return rows.length > 0 && rows.map((row) => row.role);
    }),
  );
  expect(roles).toEqual(["user"]);
});
