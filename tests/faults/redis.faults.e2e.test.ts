import { expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { Client } from "../client.ts";
import { freeze } from "./freeze.ts";
import { onRedis, restart, turnReady, turnUnready } from "./stores.ts";
import { underLoad } from "./suite.ts";
import type { StreamCheck } from "./verify.ts";
import { atLeast, bound } from "../../shared/testing/bound.ts";

const suite = underLoad({ losesKeys: true });
const onStreams = (use: (redis: Redis) => Promise<unknown>) =>
  onRedis(suite.rig.urls.redis_streams, use);
const restartBoundMs = 10_000;

/** Somebody beside the load who sends one message at a time to one gateway, without patience. */
async function impatient() {
  const [base_url = ""] = suite.rig.baseUrls;
  const client = new Client({ ...suite.rig.jwt, base_url });
  const chat = await client.createChat();
  return () =>
    client.fetch(`/api/v1/chat/${chat}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message: "안녕" }),
      signal: AbortSignal.timeout(4000),
    });
}

test("the streams' store killed and restarted with its file", async () => {
  let status = 0;
  const post = await impatient();
  const { slowestMs } = await suite.breaks((rig) =>
    restart(rig, "redis_streams", 1000, async () => {
      const startedAt = performance.now();
      const response = await post();
      ({ status } = response);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(performance.now() - startedAt).toBeLessThan(bound(2000));
    }),
  );
  expect(status).toBe(503);
  expect(slowestMs).toBeLessThan(bound(restartBoundMs));
});

test.each<{ name: string; withinMs: number; does: (redis: Redis) => Promise<unknown> }>([
  {
    name: "every connection cut",
    withinMs: 2000,
    does: (redis) => redis.call("CLIENT", "KILL", "TYPE", "normal"),
  },
  {
    name: "paused for 3 s",
    withinMs: 3000 + 2500,
    does: async (redis) => {
      await redis.call("CLIENT", "PAUSE", "3000");
      await Bun.sleep(3000);
    },
  },
  {
    name: "read-only for 2 s, as a master that was replaced",
    withinMs: 2000 + 3000,
    does: async (redis) => {
      await redis.call("REPLICAOF", "127.0.0.1", "1");
      await Bun.sleep(2000);
      await redis.call("REPLICAOF", "NO", "ONE");
    },
  },
])("the streams' store: $name", async ({ does, withinMs }) => {
  const { slowestMs } = await suite.breaks(() => onStreams(does));
  expect(slowestMs).toBeLessThan(bound(withinMs));
});

test("the streams' store frozen for 3 s", async () => {
  const { slowestMs } = await suite.breaks((rig) => freeze(rig, "redis_streams", 3000));
  expect(slowestMs).toBeLessThan(bound(3000 + 3000));
});

test("out of memory: posts are refused, running jobs wait and end well", async () => {
  const { slowestMs } = await suite.breaks(() =>
    onStreams(async (redis) => {
      const post = await impatient();
      await redis.config("SET", "maxmemory", "1mb");
      try {
        for (const until = performance.now() + 4000; performance.now() < until;) {
          const response = await post();
          expect(response.status).toBe(503);
          expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
          await Bun.sleep(100);
        }
      } finally {
        await redis.config("SET", "maxmemory", "0");
      }
    }),
  );
  expect(slowestMs).toBeLessThan(bound(13_000 + 2000));
});

/** Rows need what a store that lost everything had: an ending nobody had stored yet. */
const endedJustBefore = (lostAt: number) => (check: StreamCheck) =>
  check.done !== undefined && check.lastAt < lostAt + 500 && check.lastAt > lostAt - 1500;

test("data loss while it runs: jobs begin again visibly, nothing is cut", async () => {
  const watched = new Map(suite.load.running);
  let lostAt = Number.POSITIVE_INFINITY;
  const { slowestMs } = await suite.breaks(
    async () => {
      await onStreams(async (redis) => {
        for (const check of suite.load.running.values()) watched.set(check.job, check);
        lostAt = performance.now();
        await redis.flushall();
      });
    },
    { forgiveRows: (check) => endedJustBefore(lostAt)(check) },
  );
  expect([...watched.values()].filter((check) => check.resets > 0).length).toBeGreaterThan(5);
  expect(slowestMs).toBeLessThan(bound(13_000));
});

test("data loss over a restart: started again without its file", async () => {
  let lostAt = Number.POSITIVE_INFINITY;
  const { slowestMs } = await suite.breaks(
    (rig) =>
      restart(rig, "redis_streams", 300, () => {
        lostAt = performance.now();
        rig.wipeRedis("redis_streams");
      }),
    { forgiveRows: (check) => endedJustBefore(lostAt)(check) },
  );
  expect(slowestMs).toBeLessThan(bound(13_000));
});

test("Pub/Sub away for 6 s: every event still comes, 2 s late at most", async () => {
  const completed = suite.load.counts.completed;
  let during = 0;
  const { slowestMs } = await suite.breaks(async (rig) => {
    await restart(rig, "redis_pubsub", 6000, () => turnUnready(rig, rig.names));
    during = suite.load.counts.completed - completed;
  });
  expect(during).toBeGreaterThan(atLeast(10)); // answers were finished without a single hint
  await turnReady(suite.rig, suite.rig.names);
  expect(slowestMs).toBeLessThan(bound(2000 + 1000));
});

test("the cache away for 4 s: jobs that begin wait for their memory, and no longer", async () => {
  const { slowestMs, causeMs } = await suite.breaks((rig) => restart(rig, "redis_cache", 4000));
  expect(slowestMs - causeMs).toBeLessThan(bound(3000));
});

test("the cache emptied: what it held is read from its copy", async () => {
  const { slowestMs } = await suite.breaks((rig) =>
    onRedis(rig.urls.redis_cache, (redis) => redis.flushall()),
  );
  expect(slowestMs).toBeLessThan(bound(2000));
});

test("Pub/Sub: every connection cut", async () => {
  const { slowestMs } = await suite.breaks((rig) =>
    onRedis(rig.urls.redis_pubsub, async (redis) => {
      await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
      await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }),
  );
  expect(slowestMs).toBeLessThan(bound(2000));
});
