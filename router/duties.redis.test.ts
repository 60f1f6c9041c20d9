import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { systemClock as clock } from "../shared/clock.ts";
import { newJobId, shardOf } from "../shared/contract/ids.ts";
import { keys } from "../shared/keys.ts";
import { groups } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { ensureGroups } from "./groups.ts";
import { createLeases, type Leases } from "./leases.ts";
import { createHeart } from "./loop.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { acceptJob, closers, connect, emit, quiet, startJob, valueOf } from "./test-rig.ts";
import { trimShards } from "./trim.ts";
import { watchDeadlines, watchdogLease } from "./watchdog.ts";

describeWith("redis")("duties", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  let opened = closers();
  let metrics: Metrics;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    opened = closers();
    metrics = createMetrics();
    redis = connect(server.url, "store", opened);
    await redis.flushall();
  });
  afterEach(() => opened.closeAll());

  const run = async (
    wanted: string[],
    duty: (leases: Leases, signal: AbortSignal) => Promise<void>,
  ) => {
    const leasing = connect(server.url, "store", opened);
    const leases = createLeases({ redis: leasing, wanted, holder: "a", clock, log: quiet });
    const stop = new AbortController();
    const loops = [leases.keep(stop.signal), duty(leases, stop.signal)];
    opened.add(stop, async () => {
      stop.abort();
      await Promise.all(loops);
    });
    await until(() => wanted.every((key) => leases.isOurs(key)));
    return leases;
  };
  const watch = () => {
    const deps = { store: redis, live: redis, heart: createHeart(clock), metrics, log: quiet };
    return run([watchdogLease], (leases, signal) => watchDeadlines({ ...deps, leases }, signal));
  };

  test("the watchdog ends a job past its deadline, once, with the text readers hold", async () => {
    const job = await startJob(redis);
    const young = await startJob(redis);
    await emit(redis, job, ["token"]);
    await redis.hset(keys.job(job.jobId), "deadline", "1000");
    await redis.zadd(keys.deadlines, "1000", job.jobId);
    await redis.zadd(keys.deadlines, "1000", newJobId()); // its record is gone
    await redis.zadd(keys.deadlines, "1000", "nonsense");
    await redis.zadd(keys.deadlines, "1000", young.jobId); // its record says later
    await watch();
    await until(async () => (await redis.zcount(keys.deadlines, "-inf", "1000")) === 0);
    const log = await redis.xrange(keys.log(job.jobId), "-", "+");
    const done = JSON.parse(log.at(-1)?.[1][3] ?? "") as object;
    expect(done).toMatchObject({
      stage: "done",
      status: "failed",
      result: { error_code: "TIMEOUT" },
    });
    expect(log.filter(([, fields]) => fields[1] === "done")).toHaveLength(1);
    expect(await valueOf(metrics.timedOut)).toBe(1);
    expect(await redis.hget(keys.job(young.jobId), "status")).toBe("running");
    expect(await redis.zrange(keys.deadlines, "0", "-1")).toEqual([young.jobId]);
  });

  test("a job nobody took is ended at its own deadline too", async () => {
    const { jobId } = await acceptJob(redis);
    await redis.hset(keys.job(jobId), "deadline", "1000");
    await redis.zadd(keys.deadlines, "1000", jobId);
    await watch();
    await until(async () => (await redis.hget(keys.job(jobId), "status")) === "failed");
  });

  test("shards are trimmed below what both groups have, and their backlog is shown", async () => {
    await ensureGroups(redis, stream.shardCount, quiet);
    const key = keys.shard(0);
    for (let i = 0; i < 20; i++) await redis.xadd(key, "*", "a", "b");
    const read = async (group: string, count: number) => {
      const from = ["COUNT", String(count), "STREAMS", key, ">"];
      await redis.call("XREADGROUP", "GROUP", group, "c", ...from);
      return (await redis.xpending(key, group, "-", "+", 100)) as [string][];
    };
    await redis.xack(key, groups.relay, ...(await read(groups.relay, 20)).map(([id]) => id));
    const [[first] = [""], ...rest] = (await read(groups.persistence, 10)).reverse();
    await redis.xack(key, groups.persistence, ...rest.map(([id]) => id));
    const deps = {
      store: redis,
      shardCount: stream.shardCount,
      heart: createHeart(clock),
      metrics,
      log: quiet,
    };
    const wanted = Array.from({ length: stream.shardCount }, (_, shard) => keys.shardLease(shard));
    await run(wanted, (leases, signal) => trimShards({ ...deps, leases }, signal));
    await until(async () => (await redis.xlen(key)) === 11);
    expect((await redis.xrange(key, "-", "+", "COUNT", 1))[0]?.[0]).toBe(first);
    const labels = { group: groups.persistence, shard: "0" };
    await until(async () => (await valueOf(metrics.pending, labels)) === 1);
    expect(await valueOf(metrics.lag, labels)).toBe(10);
    expect(await valueOf(metrics.trimmed)).toBe(9);
    expect(await valueOf(metrics.trimmedUnacked)).toBe(0);
    await redis.xgroup("DESTROY", key, groups.relay);
    await until(async () => (await valueOf(metrics.groupsRecreated)) === 1);
    expect(await redis.xlen(key)).toBe(11);
  });

  test("entries somebody else removed are counted, also when no group had read them", async () => {
    await ensureGroups(redis, stream.shardCount, quiet);
    const shards = Array.from({ length: stream.shardCount }, (_, shard) => shard);
    const deps = { store: redis, shardCount: stream.shardCount, heart: createHeart(clock) };
    await run(shards.map(keys.shardLease), (leases, signal) =>
      trimShards({ ...deps, leases, metrics, log: quiet }, signal),
    );
    const job = await startJob(redis);
    await emit(redis, job, ["token", "token", "token"]);
    const shard = shardOf(job.jobId, stream.shardCount);
    await until(async () => (await redis.get(keys.dropped(shard))) === "0");
    const length = await redis.xlen(keys.shard(shard));
    await redis.xtrim(keys.shard(shard), "MAXLEN", 1);
    await until(async () => (await valueOf(metrics.trimmedUnacked, { group: "any" })) > 0);
    expect(await valueOf(metrics.trimmedUnacked, { group: "any" })).toBe(length - 1);
  });
});
