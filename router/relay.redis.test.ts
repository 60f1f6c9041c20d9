import { expect, test } from "bun:test";
import fc from "fast-check";
import { groups, keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import { markRelayed } from "../shared/scripts.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { collect, marksOf } from "./batch.ts";
import { ensureGroups } from "./groups.ts";
import { relayRig } from "./test-relay-rig.ts";
import {
  connect,
  emit,
  listen,
  logOf,
  quiet,
  startJob,
  startReplica,
  valueOf,
} from "./test-rig.ts";

describeWith("redis")("the relay", () => {
  const rig = relayRig();

  test("publishes every event of a job in order, one line each, and keeps the latest stage", async () => {
    const live = await listen(rig.pubsub().url, rig.opened());
    const jobs = await Promise.all(Array.from({ length: 8 }, () => startJob(rig.redis())));
    const one = await rig.replica();
    for (const job of jobs) {
      await emit(rig.redis(), job, ["intent"]);
      for (let i = 0; i < 5; i++) await emit(rig.redis(), job, ["token", "token", "token"]);
    }
    await rig.allAcked();
    for (const { jobId } of jobs) {
      const log = await rig.redis().xrange(keys.log(jobId), "-", "+");
      const lines = log.map(([id, fields]) => `${id} ${fields[1]} ${fields[3]}`);
      await until(() => live.lines(jobId).length === lines.length);
      expect(live.lines(jobId)).toEqual(lines);
      expect(await rig.redis().get(keys.published(jobId))).toBe(log.at(-1)?.[0] ?? "");
      expect(JSON.parse((await rig.redis().get(keys.state(jobId))) ?? "")).toMatchObject({
        stage: "intent",
      });
    }
    await until(() => one.heart.workedWithin(1000));
  });

  test("whatever a dying relay left at whatever step, readers get every event in order", async () => {
    const steps = fc.constantFrom("read", "published", "marked");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ count: fc.integer({ min: 1, max: 7 }), step: steps }), {
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 3 }),
        async (crashes, jobCount) => {
          const out = connect(rig.pubsub().url, "store", rig.opened());
          await rig.redis().flushall();
          await ensureGroups(rig.redis(), stream.shardCount, quiet);
          const live = await listen(rig.pubsub().url, rig.opened());
          const jobs = await Promise.all(
            Array.from({ length: jobCount }, () => startJob(rig.redis())),
          );
          for (let i = 0; i < 6; i++)
            for (const job of jobs) await emit(rig.redis(), job, ["token", "intent"]);
          let isOpen = true; // a relay that died before it marked never sees what came later
          for (const { count, step } of crashes) {
            for (const shard of new Set(jobs.map((job) => job.shard))) {
              const batch = collect(await rig.readOnly(shard, count));
              if (step === "read" || !isOpen) continue;
              for (const [jobId, job] of batch.jobs) {
                for (const message of job.messages)
                  await out.publish(keys.live(jobId as never), message);
              }
              if (step === "marked" && batch.entryIds.length > 0) {
                await markRelayed(rig.redis(), shard, groups.relay, batch.entryIds, marksOf(batch));
              }
            }
            if (step !== "marked") isOpen = false;
          }
          const one = await startReplica(rig.streams().url, rig.pubsub().url, crypto.randomUUID());
          await rig.allAcked();
          for (const job of jobs) {
            const log = await logOf(rig.redis(), job.jobId);
            const marked = log.indexOf((await rig.redis().get(keys.published(job.jobId))) ?? "");
            expect(marked).toBe(log.length - 1);
            await until(() => live.ids(job.jobId).at(-1) === log.at(-1));
            expect(live.ids(job.jobId)).toEqual(log);
          }
          await one.stop();
        },
      ),
      { numRuns: 15, endOnFailure: true },
    );
  }, 60_000);

  test("what was marked before is acknowledged, not published again", async () => {
    const job = await startJob(rig.redis());
    await emit(rig.redis(), job, ["token", "token", "token"]);
    const read = await rig.readOnly(job.shard, 3);
    const relayed = { jobId: job.jobId, lastId: `${job.attempt.attempt}-1`, state: undefined };
    await markRelayed(rig.redis(), job.shard, groups.relay, [], [relayed]);
    const live = await listen(rig.pubsub().url, rig.opened());
    const one = await rig.replica();
    await rig.allAcked();
    expect(read).toHaveLength(3);
    await until(() => live.lines(job.jobId).length === 2);
    expect(live.ids(job.jobId)).toEqual((await logOf(rig.redis(), job.jobId)).slice(-2));
    await until(async () => (await valueOf(one.metrics.skipped, { reason: "known" })) >= 2);
    expect(await valueOf(one.metrics.skipped, { reason: "known" })).toBe(2);
  });
});
