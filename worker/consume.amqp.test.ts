import { expect, test } from "bun:test";
import { newChatId } from "../shared/contract/ids.ts";
import { endJob } from "../shared/end-job.ts";
import { keys } from "../shared/keys.ts";
import { hangs, says } from "../shared/testing/says.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import type { Admission } from "./admission.ts";
import type { Llm } from "./llm/llm.ts";
import { consumeRig } from "./testing/consume-rig.ts";
import { acceptJob, newJob } from "./testing/jobs.ts";

describeWith("redis", "rabbitmq")("a consumer", () => {
  const rig = consumeRig();

  test("runs a job and acknowledges it after its end", async () => {
    const { consumer } = await rig.startWorker(says("라벨을 ", "떼세요"));
    const job = await rig.send();
    expect(await rig.ended(job)).toMatchObject({
      status: "completed",
      result: { answer: "라벨을 떼세요" },
    });
    await until(() => consumer.running() === 0);
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
  });

  test("a health task is acknowledged", async () => {
    const { consumer } = await rig.startWorker(says("글"));
    await rig.publish(
      JSON.stringify({ task_id: "x", task_name: "chat.health", labels: {}, args: [], kwargs: {} }),
    );
    await rig.ended(await rig.send());
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
    expect(await rig.depth("deadLetterQueue")).toBe(0);
  });

  test("two jobs of one chat run in order, one of another chat beside them", async () => {
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const llm: Llm = async function* ({ question }) {
      order.push(question);
      if (question === "첫째") await gate.promise;
      yield question;
    };
    await rig.startWorker(llm, { concurrency: 2 });
    const chat = newChatId();
    const first = await rig.send({ session_id: chat, message: "첫째" });
    const second = await rig.send({ session_id: chat, message: "둘째" });
    const other = await rig.send({ message: "다른 대화" });
    await rig.ended(other);
    expect(order).toEqual(["첫째", "다른 대화"]);
    gate.resolve();
    await rig.ended(first);
    await rig.ended(second);
    expect(order).toEqual(["첫째", "다른 대화", "둘째"]);
  });

  test("jobs beyond the concurrency wait their turn, and none is lost", async () => {
    let atOnce = 0;
    let most = 0;
    const llm: Llm = async function* ({ question }) {
      most = Math.max(most, ++atOnce);
      await Bun.sleep(10);
      atOnce--;
      yield question;
    };
    await rig.startWorker(llm, { concurrency: 3 });
    const jobs = await Promise.all(Array.from({ length: 20 }, () => rig.send()));
    await Promise.all(jobs.map((job) => rig.ended(job)));
    expect(most).toBe(3);
  });

  test("jobs that find no memory wait in hand, one runs all the same, and none is lost", async () => {
    let hasMemory = false;
    const admission: Admission = {
      hasRoom: (running) => running === 0 || hasMemory,
      begun: () => {},
      fits: () => 100,
    };
    const gate = Promise.withResolvers<void>();
    let atOnce = 0;
    const llm: Llm = async function* ({ question }) {
      atOnce++;
      await gate.promise;
      yield question;
    };
    const { consumer } = await rig.startWorker(llm, { concurrency: 50, admission });
    const jobs = await Promise.all(Array.from({ length: 10 }, () => rig.send()));
    await until(() => atOnce === 1);
    await until(async () => (await rig.depth()) === 0);
    expect(consumer.running()).toBe(1);
    hasMemory = true;
    await until(() => atOnce === 10);
    gate.resolve();
    await Promise.all(jobs.map((job) => rig.ended(job)));
  });

  test("the same message twice is one run", async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const { consumer } = await rig.startWorker(
      says(
        () => void runs++,
        "글",
        () => gate.promise,
      ),
    );
    const job = newJob();
    const envelope = await acceptJob(rig.redis, job);
    await rig.publish(envelope);
    await rig.publish(envelope);
    await until(() => runs === 1);
    await Bun.sleep(100);
    gate.resolve();
    await rig.ended(job);
    await consumer.stop(2000);
    expect(runs).toBe(1);
  });

  test("cancel stops a running job and its delivery is acknowledged", async () => {
    const { consumer } = await rig.startWorker(says("앞", hangs), { worker: "cancelled-here" });
    const job = await rig.send();
    await until(async () => (await rig.text(job)) === "앞");
    await endJob(rig.redis, job.job_id, "cancelled", "CANCELLED");
    await rig.redis.publish(keys.worker("cancelled-here"), job.job_id);
    await until(() => consumer.running() === 0);
    expect(await rig.done(job)).toMatchObject({ status: "cancelled", result: { answer: "앞" } });
    await consumer.stop(1000);
    expect(await rig.depth()).toBe(0);
  });
});
