import type { AMQPMessage } from "@cloudamqp/amqp-client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { type Broker, openBroker } from "../shared/clients/amqp.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { type JobId, newChatId, newJobId, type UserId } from "../shared/contract/ids.ts";
import { jobEnvelope } from "../shared/contract/job.ts";
import { keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import { type ScriptedRedis, take } from "../shared/scripts.ts";
import { bound } from "../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  type TestRedis,
  testTopology,
} from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { listDeadLetters, replayDeadLetter, showDeadLetter } from "./dead-letters.ts";
import { createLeases } from "./leases.ts";
import { createHeart } from "./loop.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { drainOutbox, outboxLease, publishJob } from "./outbox.ts";
import { settleDeadLetters } from "./settle-dead-letters.ts";
import { acceptJob, closers, connect, quiet, startJob, valueOf } from "./test-rig.ts";

describeWith("redis", "rabbitmq")("the router at the broker", () => {
  let server: TestRedis;
  let topology: Awaited<ReturnType<typeof testTopology>>;
  let redis: ScriptedRedis;
  let metrics: Metrics;
  let stop: AbortController;
  let opened = closers();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    opened = closers();
    topology = opened.add(await testTopology(), (one) => one.remove());
    redis = connect(server.url, "store", opened);
    metrics = createMetrics();
    stop = opened.add(new AbortController(), (one) => one.abort());
    await redis.flushall();
  });
  afterEach(() => opened.closeAll());

  const open = async (onChannel?: Parameters<typeof openBroker>[0]["onChannel"]) => {
    const names = topology.topology;
    const broker = openBroker({
      url: topology.url,
      name: "test",
      names,
      log: quiet,
      ...(onChannel ? { onChannel } : {}),
    });
    opened.add(broker, (one) => one.close());
    await broker.started;
    return broker;
  };
  /** What a worker would get; `answer` says what becomes of each message. */
  const consume = async (answer: (message: AMQPMessage) => Promise<unknown>) => {
    const bodies: string[] = [];
    await open(async (channel) => {
      await channel.basicConsume(topology.topology.queue, { noAck: false }, async (message) => {
        bodies.push(message.bodyString() ?? "");
        await answer(message);
      });
    });
    return bodies;
  };
  const bodyOf = (jobId: string) => JSON.stringify({ kwargs: { job_id: jobId } });

  test("the outbox goes to the queue in order, each job once, without those that need it no more", async () => {
    const jobs = [];
    for (let i = 0; i < 8; i++) jobs.push(await acceptJob(redis));
    const [taken, ended] = jobs.splice(2, 2);
    await take(redis, {
      jobId: taken?.jobId as JobId,
      chatId: taken?.chatId as never,
      worker: "w",
      redelivered: false,
      record: {},
    });
    await redis.hset(keys.job(ended?.jobId as JobId), "status", "cancelled");
    await redis.xadd(keys.outbox, "*", "job_id", "nonsense");
    const got = await consume((message) => message.ack());
    const leasing = connect(server.url, "store", opened);
    const leases = createLeases({
      redis: leasing,
      wanted: [outboxLease],
      holder: "a",
      clock,
      log: quiet,
    });
    const broker = await open();
    const deps = {
      store: redis,
      broker,
      names: topology.topology,
      leases,
      heart: createHeart(clock),
      metrics,
      log: quiet,
    };
    const loops = [leases.keep(stop.signal), drainOutbox(deps, stop.signal)];
    opened.add(stop, () => (stop.abort(), Promise.all(loops)));
    expect(got).toEqual([]); // younger than the gateway's time to confirm
    await until(async () => (await redis.xlen(keys.outbox)) === 0, {
      timeoutMs: bound(router.outboxMinAgeMs + 4000),
    });
    await until(() => got.length === jobs.length);
    expect(got).toEqual(jobs.map(({ jobId }) => bodyOf(jobId)));
    expect(await valueOf(metrics.outboxDrained, { result: "settled" })).toBe(2);
    expect(await valueOf(metrics.outboxDrained, { result: "unreadable" })).toBe(1);
  }, 20_000);

  const settle = () => {
    const names = topology.topology;
    const broker: Promise<Broker> = open((channel) =>
      settleDeadLetters(
        {
          store: redis,
          broker: () => opening.at(0) as Broker,
          names,
          metrics,
          log: quiet,
          signal: stop.signal,
        },
        channel,
      ),
    );
    const opening: Broker[] = [];
    return broker.then((one) => (opening.push(one), one));
  };
  const errorOf = async (jobId: JobId) => {
    const state = JSON.parse((await redis.get(keys.state(jobId))) ?? "{}") as {
      result?: { error_code?: string };
    };
    return state.result?.error_code;
  };
  const settled = (count: number) =>
    until(async () => (await valueOf(metrics.deadLetters)) === count);

  test("a rejected message ends its job visibly; one without a job id is kept for people", async () => {
    const job = await acceptJob(redis);
    const broker = await settle();
    await consume((message) => message.reject(false));
    await publishJob(broker, topology.topology, job.jobId, bodyOf(job.jobId));
    await publishJob(broker, topology.topology, newJobId(), "not even JSON");
    await publishJob(broker, topology.topology, newJobId(), bodyOf(newJobId()));
    await settled(3);
    expect(await redis.hget(keys.job(job.jobId), "status")).toBe("failed");
    expect(await errorOf(job.jobId)).toBe("BAD_JOB");
    const letters = await listDeadLetters(redis, 10);
    expect(letters.map(({ action }) => action).sort()).toEqual([
      "ended-now",
      "unknown",
      "unreadable",
    ]);
    const unreadable = letters.find(({ action }) => action === "unreadable");
    expect(await showDeadLetter(redis, unreadable?.id ?? "")).toMatchObject({
      body: "not even JSON",
      reason: "rejected",
    });
    expect(await replayDeadLetter(redis, unreadable?.id ?? "")).toEqual({ word: "unreadable" });
    expect(await replayDeadLetter(redis, "1-1")).toEqual({ word: "unknown" });
  }, 20_000);

  test("a job that was tried too often ends when its lease runs out; the letter can be replayed as a new job", async () => {
    const job = await startJob(redis);
    const kwargs = {
      job_id: job.jobId,
      session_id: job.chatId,
      user_id: job.userId,
      message: "hi",
      image_url: null,
      user_location: null,
      model: null,
      interactive: false,
      submitted_at: "2026-11-20T00:00:00Z",
    };
    const broker = await settle();
    await consume((message) => message.nack(true)); // as if its worker died each time
    await publishJob(broker, topology.topology, job.jobId, JSON.stringify(jobEnvelope(kwargs)));
    // letters behind it are settled meanwhile
    for (let i = 1; i <= 3; i++) {
      await publishJob(broker, topology.topology, newJobId(), "no job");
      await settled(i);
    }
    expect(await redis.hget(keys.job(job.jobId), "status")).toBe("running"); // somebody may hold it
    await redis.hset(keys.job(job.jobId), "lease_until", "0");
    await settled(4);
    expect(await errorOf(job.jobId)).toBe("ATTEMPTS_EXHAUSTED");
    const letter = (await listDeadLetters(redis, 10)).find(({ jobId }) => jobId === job.jobId);
    const replayed = await replayDeadLetter(redis, letter?.id ?? "");
    if (replayed.word !== "replayed") throw new Error(replayed.word);
    expect(replayed.jobId).not.toBe(job.jobId);
    expect(await redis.hget(keys.job(replayed.jobId), "status")).toBe("queued");
    expect(await redis.xlen(keys.outbox)).toBe(2);
    expect(await listDeadLetters(redis, 10)).toHaveLength(3);
  }, 20_000);

  test("a job that was never tried goes back to the queue, not for ever", async () => {
    const job = await acceptJob(redis);
    const broker = await settle();
    const got = await consume((message) => message.nack(true));
    await publishJob(broker, topology.topology, job.jobId, bodyOf(job.jobId));
    await settled(4);
    expect(await valueOf(metrics.deadLetters, { action: "rescued" })).toBe(3);
    expect(await errorOf(job.jobId)).toBe("ATTEMPTS_EXHAUSTED");
    expect(got.length).toBe(16); // four deliveries each time
  }, 20_000);

  test("a job whose record the store lost goes back to the queue, and ends visibly when nothing helps", async () => {
    const kwargs = {
      job_id: newJobId(),
      session_id: newChatId(),
      user_id: crypto.randomUUID() as UserId,
      message: "hi",
      image_url: null,
      user_location: null,
      model: null,
      interactive: false,
      submitted_at: "2026-11-20T00:00:00Z",
    };
    const body = JSON.stringify(jobEnvelope(kwargs));
    const broker = await settle();
    const got = await consume((message) => message.nack(true));
    await publishJob(broker, topology.topology, kwargs.job_id, body);
    await settled(4);
    expect(got).toEqual(Array<string>(16).fill(body)); // four deliveries each time
    expect(await valueOf(metrics.deadLetters, { action: "rescued" })).toBe(3);
    expect(await errorOf(kwargs.job_id)).toBe("ATTEMPTS_EXHAUSTED");
  }, 20_000);
});
