import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { pause } from "../shared/clock.ts";
import { keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import {
  describeWith,
  startRedis,
  type TestRedis,
  testTopology,
} from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import type { ReplicaArgs } from "./test-replica.ts";
import { closers, connect, emit, listen, logOf, startJob } from "./test-rig.ts";
import { bound } from "../shared/testing/bound.ts";

describeWith("redis", "rabbitmq")("two replicas", () => {
  let server: TestRedis;
  let broker: Awaited<ReturnType<typeof testTopology>>;
  let redis: ScriptedRedis;
  let opened = closers();
  beforeAll(async () => {
    [server, broker] = await Promise.all([startRedis(), testTopology()]);
  });
  afterAll(() => Promise.all([server.stop(), broker.remove()]));
  beforeEach(async () => {
    opened = closers();
    redis = connect(server.url, "store", opened);
    await redis.flushall();
  });
  afterEach(() => opened.closeAll());

  const start = (instance: string) => {
    const args: ReplicaArgs = {
      streamsUrl: server.url,
      pubsubUrl: server.url,
      rabbitUrl: broker.url,
      instance,
      names: broker.topology,
    };
    const argv = [process.execPath, join(import.meta.dir, "test-replica.ts"), JSON.stringify(args)];
    const child = Bun.spawn(argv, { stdio: ["ignore", "ignore", "inherit"] });
    return opened.add(child, async (one) => {
      one.kill("SIGKILL");
      await one.exited;
    });
  };
  const holders = async () => {
    const leases = Array.from({ length: stream.shardCount }, (_, shard) => keys.shardLease(shard));
    return new Set(await redis.mget(leases));
  };
  const ownedBy = (name: string, timeoutMs = 30_000) =>
    until(async () => [...(await holders())].join() === name, {
      timeoutMs,
      what: `${name} to own all`,
    });

  /** Streams tokens of a few jobs until told to stop; returns the longest a token was under way. */
  async function streaming() {
    const live = await listen(server.url, opened);
    const jobs = await Promise.all(Array.from({ length: 6 }, () => startJob(redis)));
    const stop = new AbortController();
    const run = (async () => {
      while (!stop.signal.aborted) {
        await Promise.all(jobs.map((job) => emit(redis, job, ["token"])));
        await pause(5, stop.signal);
      }
      await Promise.all(jobs.map((job) => emit(redis, job, ["done"])));
    })();
    /** The newest event of every job was published; how long that took. */
    const caughtUp = async () => {
      const since = performance.now();
      const tops = await Promise.all(
        jobs.map(async ({ jobId }) => (await logOf(redis, jobId)).length),
      );
      await until(() => jobs.every(({ jobId }, i) => live.ids(jobId).length >= (tops[i] ?? 0)), {
        what: "the live lines to catch up",
      });
      return performance.now() - since;
    };
    const end = async () => {
      stop.abort();
      await run;
      await caughtUp();
      for (const { jobId } of jobs) expect(live.ids(jobId)).toEqual(await logOf(redis, jobId));
    };
    return { caughtUp, end };
  }

  test("a killed owner is replaced within two seconds, and nothing is missing", async () => {
    const a = start("a");
    await ownedBy("a");
    start("b");
    const load = await streaming();
    await load.caughtUp();
    a.kill("SIGKILL");
    expect(await load.caughtUp()).toBeLessThan(bound(2000));
    await ownedBy("b");
    await load.end();
  }, 90_000);

  test("an owner that is told to stop hands over at once and exits 0", async () => {
    const a = start("a");
    await ownedBy("a");
    const b = start("b");
    const load = await streaming();
    await load.caughtUp();
    a.kill("SIGTERM");
    await ownedBy("b", bound(1500));
    expect(await load.caughtUp()).toBeLessThan(bound(500));
    expect(await a.exited).toBe(0);
    await load.end();
    b.kill("SIGTERM");
    expect(await b.exited).toBe(0);
  }, 90_000);

  test("a frozen owner is replaced, and does no harm when it wakes", async () => {
    const a = start("a");
    await ownedBy("a");
    start("b");
    const load = await streaming();
    await load.caughtUp();
    a.kill("SIGSTOP");
    expect(await load.caughtUp()).toBeLessThan(bound(2000));
    await ownedBy("b");
    a.kill("SIGCONT");
    await pause(300, new AbortController().signal); // it runs again, beside the owner
    expect([...(await holders())]).toEqual(["b"]);
    expect(await load.caughtUp()).toBeLessThan(bound(500));
    await load.end();
  }, 90_000);
});
