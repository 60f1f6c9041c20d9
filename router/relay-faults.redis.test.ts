import { expect, test } from "bun:test";
import { groups, keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { relayRig } from "./test-relay-rig.ts";
import { emit, listen, logOf, pendingOf, startJob, valueOf } from "./test-rig.ts";

describeWith("redis")("the relay, when things break", () => {
  const rig = relayRig();

  test("a lost reading connection leaves no hole", async () => {
    const live = await listen(rig.pubsub().url, rig.opened());
    const jobs = await Promise.all(Array.from({ length: 4 }, () => startJob(rig.redis())));
    const one = await rig.replica();
    await until(() => one.owned() === stream.shardCount);
    for (let i = 0; i < 300; i++) {
      await Promise.all(jobs.map((job) => emit(rig.redis(), job, ["token"])));
      if (i % 30 === 15)
        await rig
          .redis()
          .call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
          .catch(() => {});
    }
    await Promise.all(jobs.map((job) => emit(rig.redis(), job, ["done"])));
    await rig.allAcked();
    for (const { jobId } of jobs) {
      const log = await logOf(rig.redis(), jobId);
      await until(() => live.ids(jobId).at(-1) === log.at(-1));
      expect(live.ids(jobId)).toEqual(log);
    }
  });

  test("a reply that is lost with its connection is read again, before what came later", async () => {
    const live = await listen(rig.pubsub().url, rig.opened());
    const one = await rig.replica();
    const job = await startJob(rig.redis());
    await rig.allAcked();
    for (let round = 0; round < 5; round++) {
      one.reads.stream.pause(); // the store has answered, nobody has heard
      await emit(rig.redis(), job, ["token", "token"]);
      await until(async () => (await pendingOf(rig.redis())) === 2);
      one.reads.stream.destroy();
      await emit(rig.redis(), job, ["token"]);
      await rig.allAcked();
    }
    const log = await logOf(rig.redis(), job.jobId);
    await until(() => live.ids(job.jobId).at(-1) === log.at(-1));
    expect(live.ids(job.jobId)).toEqual(log);
  }, 20_000);

  test("entries that can never be relayed are acknowledged and counted, their neighbours go out", async () => {
    const job = await startJob(rig.redis());
    const live = await listen(rig.pubsub().url, rig.opened());
    const key = keys.shard(job.shard);
    await rig.redis().xadd(key, "*", "event", "token", "data", "{}");
    await rig
      .redis()
      .xadd(key, "*", "job_id", job.jobId, "id", "nonsense", "event", "token", "data", "{}");
    await rig
      .redis()
      .xadd(key, "*", "job_id", job.jobId, "id", "1-1", "event", "token", "data", "two\nlines");
    await emit(rig.redis(), job, ["done"]);
    const one = await rig.replica();
    await rig.allAcked();
    // counted when the acknowledgement was answered: a moment after it
    await until(async () => (await valueOf(one.metrics.skipped, { reason: "poison" })) >= 3);
    expect(await valueOf(one.metrics.skipped, { reason: "poison" })).toBe(3);
    await until(() => live.ids(job.jobId).length === 2);
  });

  test("without the pub/sub store the batch waits, and goes out when it is back", async () => {
    const job = await startJob(rig.redis());
    const one = await rig.replica();
    await rig.allAcked();
    await rig.pubsub().crash();
    await emit(rig.redis(), job, ["token", "token"]);
    await until(() => valueOf(one.metrics.publishErrors).then((count) => count > 1));
    expect(await pendingOf(rig.redis())).toBe(2);
    await rig.pubsub().restart();
    await rig.allAcked();
    expect(await rig.redis().get(keys.published(job.jobId))).toBe(`${job.attempt.attempt}-2`);
  });

  test("hints are given up before full shards would stop the workers", async () => {
    const one = await rig.replica();
    await until(() => one.owned() === stream.shardCount);
    await rig.pubsub().crash();
    await rig
      .redis()
      .eval(
        `for i = 1, ARGV[1] do redis.call("XADD", KEYS[1], "*", "job_id", "j" .. i % 9, "id", "1-" .. i, "event", "token", "data", "{}") end`,
        1,
        keys.shard(0),
        String(stream.shardMaxEntries / 2 + 1000),
      );
    await until(async () => (await valueOf(one.metrics.skipped, { reason: "crowded" })) > 1000);
    await rig.pubsub().restart();
  });

  test("a store that lost its streams gets its groups again", async () => {
    const one = await rig.replica();
    await until(() => one.owned() === stream.shardCount);
    await rig.redis().flushall();
    const job = await startJob(rig.redis());
    await until(() => rig.redis().get(keys.published(job.jobId)));
    expect(await valueOf(one.metrics.groupsRecreated)).toBeGreaterThan(0);
  });

  test("takes over what a dead consumer left pending, and gives up on what was delivered too often", async () => {
    const job = await startJob(rig.redis());
    const live = await listen(rig.pubsub().url, rig.opened());
    await emit(rig.redis(), job, ["token", "token"]);
    const key = keys.shard(job.shard);
    const [queued, first, second] = (await rig.readOnly(job.shard, 3, "dead")).map(([id]) => id);
    const idle = ["IDLE", "6000", "RETRYCOUNT"];
    for (const [id, deliveries] of [
      [queued, "1"],
      [first, "11"],
      [second, "1"],
    ]) {
      await rig
        .redis()
        .call("XCLAIM", key, groups.relay, "dead", "0", id ?? "", ...idle, deliveries ?? "");
    }
    const one = await rig.replica();
    await rig.allAcked();
    expect(await valueOf(one.metrics.skipped, { reason: "deliveries" })).toBe(1);
    expect(await valueOf(one.metrics.reclaimed)).toBe(3);
    const log = await logOf(rig.redis(), job.jobId);
    await until(() => live.ids(job.jobId).length === 2);
    expect(live.ids(job.jobId)).toEqual([log[0] ?? "", log[2] ?? ""]);
  }, 20_000);
});
