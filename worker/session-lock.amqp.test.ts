import { expect, test } from "bun:test";
import { jobEnvelope } from "../shared/contract/job.ts";
import { readTurns } from "../shared/contract/turn.ts";
import { assistantLock } from "../shared/job-session.ts";
import { keys } from "../shared/keys.ts";
import { openLocks } from "../shared/lock/lock.ts";
import { says } from "../shared/testing/says.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { consumeRig } from "./testing/consume-rig.ts";
import { acceptJob, newTurn } from "./testing/jobs.ts";

describeWith("redis", "rabbitmq")("a job with a lock", () => {
  const rig = consumeRig();
  const lockOf = (sid: string) => keys.lock("test", assistantLock(sid));
  const memory = async (sid: string) =>
    readTurns(await rig.redis.lrange(keys.assistantMemory("test", sid), 0, -1)).map(
      ({ role, content }) => `${role}: ${content}`,
    );

  test("is kept while it runs and given back with the end, the turn remembered", async () => {
    const gate = Promise.withResolvers<void>();
    await rig.startWorker(says("앞 ", () => gate.promise, "뒤"));
    const job = await newTurn(rig.redis, { message: "질문" });
    await rig.redis.pexpire(lockOf(job.assistant_sid), 1000);
    await rig.publish(await acceptJob(rig.redis, job));
    await until(async () => (await rig.redis.pttl(lockOf(job.assistant_sid))) > 20_000);
    gate.resolve();
    expect(await rig.ended(job)).toMatchObject({
      status: "completed",
      result: { answer: "앞 뒤", persistence: { assistant_message: null } },
    });
    expect(await rig.redis.exists(lockOf(job.assistant_sid))).toBe(0);
    expect(await memory(job.assistant_sid)).toEqual(["user: 질문", "assistant: 앞 뒤"]);
  });

  test("not claimed in time and somebody else's by then: ends as busy", async () => {
    const job = await newTurn(rig.redis);
    await rig.redis.del(lockOf(job.assistant_sid));
    await openLocks({ redis: rig.redis, namespace: "test" }).acquire(
      assistantLock(job.assistant_sid),
    );
    const envelope = await acceptJob(rig.redis, job);
    expect(JSON.parse(envelope)).toEqual(jobEnvelope(job) as never);
    await rig.startWorker(says("답"));
    await rig.publish(envelope);
    expect(await rig.ended(job)).toMatchObject({
      status: "failed",
      result: { error_code: "SESSION_BUSY" },
    });
    await until(async () => (await rig.depth()) === 0);
    expect(await memory(job.assistant_sid)).toEqual([]);
  });

  test("lost while it runs: the model is stopped, the job ends as busy, nothing is remembered", async () => {
    let wasStopped = false;
    await rig.startWorker(async function* (_prompt, signal) {
      yield "앞 ";
      await until(() => signal.aborted);
      wasStopped = true;
      yield "뒤";
    });
    const job = await newTurn(rig.redis);
    await rig.publish(await acceptJob(rig.redis, job));
    await until(async () => (await rig.text(job)) !== "");
    await rig.redis.del(lockOf(job.assistant_sid));
    const next = await newTurn(rig.redis, { assistant_sid: job.assistant_sid });
    expect(await rig.ended(job)).toMatchObject({
      status: "failed",
      result: { error_code: "SESSION_BUSY" },
    });
    await until(() => wasStopped);
    expect(await memory(job.assistant_sid)).toEqual([]);
    expect(await rig.redis.get(lockOf(job.assistant_sid))).toBe(next.lock_token);
  });

  test("lost in the moment of the end: the end says busy", async () => {
    const gate = Promise.withResolvers<void>();
    await rig.startWorker(says("앞 ", () => gate.promise, "뒤"));
    const job = await newTurn(rig.redis);
    await rig.publish(await acceptJob(rig.redis, job));
    await until(async () => (await rig.text(job)) !== "");
    const fence = keys.lockFence("test", assistantLock(job.assistant_sid));
    await rig.redis.set(fence, job.fence + 1);
    gate.resolve();
    expect(await rig.ended(job)).toMatchObject({
      status: "failed",
      result: { error_code: "SESSION_BUSY" },
    });
    expect(await memory(job.assistant_sid)).toEqual([]);
  });
});
