import { expect, test } from "bun:test";
import type { AMQPClient } from "@cloudamqp/amqp-client";
import { declareTopology } from "../stack/topology.ts";
import { type Job, jobEnvelope } from "../shared/contract/job.ts";
import { newChatId } from "../shared/contract/ids.ts";
import { keys } from "../shared/keys.ts";
import { take } from "../shared/scripts.ts";
import { hangs, says } from "../shared/testing/says.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import type { Llm } from "./llm/llm.ts";
import { consumeRig } from "./testing/consume-rig.ts";
import { acceptJob, newJob } from "./testing/jobs.ts";

describeWith("redis", "rabbitmq")("a consumer under faults", () => {
  const rig = consumeRig();
  /** What a store that lost its data does to a job. */
  const forget = ({ job_id: id, session_id: chat }: Job) =>
    rig.redis.del(keys.job(id), keys.log(id), keys.state(id), keys.snapshot(id), keys.turns(chat));

  test("a job whose worker died is run anew, and readers are told to start over", async () => {
    const dying = await rig.startWorker(says("옛 글", hangs), { worker: "dying" });
    const job = await rig.send();
    await until(async () => (await rig.text(job)) === "옛 글");
    await rig.startWorker(says("새 글"));
    await dying.broker.close(); // its deliveries go back, its attempt runs on
    expect(await rig.ended(job)).toMatchObject({
      status: "completed",
      result: { answer: "새 글" },
    });
    const log = await rig.log(job);
    expect(log.filter(({ event }) => event === "token_recovery")).toHaveLength(1);
    expect(await rig.text(job)).toBe("새 글");
  });

  test("a worker that lost only its connection goes on with the attempt it has", async () => {
    const gate = Promise.withResolvers<void>();
    const { broker, consumer } = await rig.startWorker(says("하나 ", () => gate.promise, "둘"));
    const job = await rig.send();
    await until(async () => (await rig.text(job)) === "하나 ");
    (broker.channel().connection as AMQPClient).socket?.destroy();
    await until(() => !broker.isUp());
    await until(() => consumer.isConsuming() && broker.isUp());
    await Bun.sleep(100); // time for the redelivery
    gate.resolve();
    expect(await rig.ended(job)).toMatchObject({ result: { answer: "하나 둘" } });
    expect((await rig.log(job)).some(({ event }) => event === "token_recovery")).toBe(false);
    await until(() => consumer.running() === 0);
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
  });

  test("a message that came back to an attempt that is over waits for the newer one", async () => {
    const gate = Promise.withResolvers<void>();
    const llm = says("옛 ", () => gate.promise, "글");
    const { broker, consumer } = await rig.startWorker(llm, { worker: "first" });
    const job = await rig.send();
    await until(async () => (await rig.text(job)) === "옛 ");
    const { session_id: chatId, job_id: jobId } = job;
    (broker.channel().connection as AMQPClient).socket?.destroy();
    await until(() => !broker.isUp());
    await until(() => consumer.isConsuming() && broker.isUp());
    await Bun.sleep(100); // time for the redelivery
    // all connections went: the message was with a second worker for a moment, which runs the job without it
    const newer = { jobId, chatId, worker: "second", redelivered: true, record: {} };
    expect((await take(rig.redis, newer)).word).toBe("taken");
    gate.resolve();
    await until(() => consumer.running() === 0);
    expect(await rig.done(job)).toBeUndefined();
    await rig.redis.hset(keys.job(jobId), "lease_until", "0"); // the second one died
    expect(await rig.ended(job)).toMatchObject({
      status: "completed",
      result: { answer: "옛 글" },
    });
    await until(() => consumer.running() === 0);
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
  });

  test("a malformed message is dead-lettered, and ends the job it names", async () => {
    await rig.startWorker(says("글"));
    const job = newJob();
    const envelope = JSON.parse(await acceptJob(rig.redis, job)) as Record<string, unknown>;
    await rig.publish(JSON.stringify({ ...envelope, kwargs: { job_id: job.job_id } }));
    expect(await rig.ended(job)).toMatchObject({
      status: "failed",
      result: { error_code: "BAD_JOB" },
    });
    await rig.publish("not json");
    await rig.publish(JSON.stringify({ task_name: "other.task" }));
    await until(async () => (await rig.depth("deadLetterQueue")) === 3);
    const next = await rig.send(); // its neighbours do not notice
    expect(await rig.ended(next)).toMatchObject({ status: "completed" });
  });

  test("a job that was tried too often fails for good and is dead-lettered", async () => {
    const job = newJob();
    const envelope = await acceptJob(rig.redis, job);
    await rig.redis.hset(keys.job(job.job_id), "tries", "4");
    await rig.startWorker(says("글"));
    await rig.publish(envelope);
    expect(await rig.ended(job)).toMatchObject({
      status: "failed",
      result: { error_code: "ATTEMPTS_EXHAUSTED" },
    });
    await until(async () => (await rig.depth("deadLetterQueue")) === 1);
  });

  test("a job whose record the store lost runs from its message", async () => {
    await rig.startWorker(says("글"));
    const job = newJob();
    const envelope = await acceptJob(rig.redis, job);
    await rig.redis.del(keys.job(job.job_id), keys.log(job.job_id), keys.turns(job.session_id));
    await rig.publish(envelope);
    expect(await rig.ended(job)).toMatchObject({ status: "completed", result: { answer: "글" } });
  });

  test("a job the store forgets again and again while it runs costs no returns of its message", async () => {
    const gate = Promise.withResolvers<void>();
    const { consumer } = await rig.startWorker(says("앞 ", () => gate.promise, "뒤"));
    const job = await rig.send();
    for (let losses = 0; losses < 5; losses++) {
      await until(async () => (await rig.text(job)) === "앞 ");
      await forget(job);
    }
    await until(async () => (await rig.text(job)) === "앞 ");
    gate.resolve();
    expect(await rig.ended(job)).toMatchObject({
      status: "completed",
      result: { answer: "앞 뒤" },
    });
    await until(() => consumer.running() === 0);
    expect(await rig.depth("deadLetterQueue")).toBe(0);
  });

  test("an ending the store lost before it was stored: the job runs again", async () => {
    const { consumer } = await rig.startWorker(says("글"), { keptMs: 500 });
    const job = await rig.send();
    const { attempt } = await rig.ended(job).then(() => rig.redis.hgetall(keys.job(job.job_id)));
    await forget(job);
    expect(await rig.ended(job)).toMatchObject({ status: "completed", result: { answer: "글" } });
    expect(Number(await rig.redis.hget(keys.job(job.job_id), "attempt"))).toBeGreaterThan(
      Number(attempt),
    );
    await until(() => consumer.running() === 0);
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
  });

  test("an ending the store lost after it was stored: the job does not run again", async () => {
    let looks = 0;
    const isStored = async () => ++looks > 0;
    const { consumer } = await rig.startWorker(says("글"), { keptMs: 300, isStored });
    const job = await rig.send();
    await rig.ended(job);
    await forget(job);
    await until(() => looks === 1);
    await until(() => consumer.settled() === 1);
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
    expect(await rig.redis.exists(keys.job(job.job_id))).toBe(0);
  });

  test("stopping finishes what it can and hands back the rest uncounted", async () => {
    const gate = Promise.withResolvers<void>();
    const llm: Llm = async function* ({ question }, signal) {
      yield "앞 ";
      await (question === "길다" ? hangs(signal) : gate.promise);
      yield "뒤";
    };
    const { consumer } = await rig.startWorker(llm);
    const chat = newChatId();
    const short = await rig.send({ message: "짧다" });
    const long = await rig.send({ message: "길다", session_id: chat });
    const parked = await rig.send({ message: "기다림", session_id: chat });
    for (const job of [short, long]) {
      await until(async () => (await rig.text(job)) === "앞 ");
    }
    const stopping = consumer.stop(2000);
    gate.resolve();
    await stopping;
    expect(await rig.done(short)).toMatchObject({ result: { answer: "앞 뒤" } });
    expect(await rig.done(long)).toBeUndefined();
    expect(await rig.redis.hget(keys.job(long.job_id), "tries")).toBe("0");
    await until(async () => (await rig.depth()) === 2);
    await rig.startWorker(says("새 글"));
    expect(await rig.ended(long)).toMatchObject({ result: { answer: "새 글" } });
    expect(await rig.ended(parked)).toMatchObject({ result: { answer: "새 글" } });
  });

  test("a worker whose queue was deleted is not ready, and consumes again when it is back", async () => {
    const { consumer } = await rig.startWorker(says("글"));
    await rig.publisher.channel().queueDelete(rig.names.topology.queue);
    await until(() => !consumer.isConsuming());
    await declareTopology(rig.names.url, rig.names.topology);
    await until(() => consumer.isConsuming());
    expect(await rig.ended(await rig.send())).toMatchObject({ result: { answer: "글" } });
  });

  test("a store that refuses for a while costs no returns of the message", async () => {
    await rig.redis.config("SET", "maxmemory", "1");
    await rig.startWorker(says("글"));
    const job = newJob();
    await rig.publish(JSON.stringify(jobEnvelope(job)));
    await Bun.sleep(200);
    expect(await rig.depth("deadLetterQueue")).toBe(0);
    await rig.redis.config("SET", "maxmemory", "0");
    const log = await rig.ended(job);
    expect(log).toMatchObject({ status: "completed", result: { metadata: { attempt: 1 } } });
  });

  test("a job held in this worker's own name, and not run, is taken at once", async () => {
    const job = newJob();
    const envelope = await acceptJob(rig.redis, job);
    await rig.startWorker(says("글"), { worker: "w-restarted" });
    const held = { status: "running", worker: "w-restarted", lease_until: Date.now() + 60_000 };
    await rig.redis.hset(keys.job(job.job_id), { ...held, tries: 1, attempt: 1 });
    await rig.publish(envelope);
    expect(await rig.ended(job)).toMatchObject({ result: { answer: "글" } });
  });

  test("a job another worker holds waits for that worker's lease", async () => {
    const job = newJob();
    const envelope = await acceptJob(rig.redis, job);
    await rig.startWorker(says("글"));
    const held = { status: "running", worker: "elsewhere", lease_until: Date.now() + 60_000 };
    await rig.redis.hset(keys.job(job.job_id), { ...held, tries: 1, attempt: 1 });
    await rig.publish(envelope);
    await Bun.sleep(400); // time to take it all the same
    expect(await rig.done(job)).toBeUndefined();
    await rig.redis.hset(keys.job(job.job_id), "lease_until", "0");
    expect(await rig.ended(job)).toMatchObject({ result: { answer: "글" } });
  });
});
