import { expect, test } from "bun:test";
import type { Job } from "../shared/contract/job.ts";
import { answer, type HumanInput } from "../shared/human-input.ts";
import { keys } from "../shared/keys.ts";
import { bound } from "../shared/testing/bound.ts";
import { describeWith } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import type { Query, Services } from "./graph/run-context.ts";
import { runRig } from "./testing/run-rig.ts";

const here = { latitude: 37.4979, longitude: 127.0276 };
const place: HumanInput = { type: "location", data: here };
const asks = { message: "근처 제로웨이스트샵 알려줘", interactive: true };

/** A place search that tells where it was asked to look. */
function seeing() {
  const seen: Query["place"][] = [];
  const services: Partial<Services> = {
    location: async ({ place: at }) => {
      seen.push(at);
      return at && { title: "가까운 곳", lines: ["가람상점"] };
    },
  };
  return { seen, services };
}

describeWith("redis")("a question to the person", () => {
  const rig = runRig();
  const question = (job: Job) =>
    until(
      async () => {
        const asked = (await rig.log(job)).filter(({ event }) => event === "needs_input");
        return asked.at(-1)?.data["result"] as Record<string, unknown> | undefined;
      },
      { what: "a question" },
    );
  const say = (job: Job, input: HumanInput, requestId?: string) =>
    answer(rig.redis, job.job_id, input, requestId);
  const done = async (job: Job) => (await rig.log(job)).at(-1)?.data as Record<string, unknown>;

  test("without interactive it is shown, nobody waits, and the answer asks in words", async () => {
    const { services, seen } = seeing();
    const run = await rig.send({ ...asks, interactive: false }, { services });
    expect(await run.ended).toBe("ended");
    const asked = await question(run.job);
    expect(asked).toMatchObject({ input_type: "location", timeout: 60, interactive: false });
    expect(asked["request_id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen).toEqual([undefined]);
    expect((await done(run.job))["result"]).toMatchObject({
      answer: expect.stringContaining("동네나 역 이름을 알려 주세요"),
    });
    expect(await say(run.job, place)).toEqual({ word: "ended" });
  });

  test("the answer resumes the node with the place; a second one is too late", async () => {
    const { services, seen } = seeing();
    const run = await rig.send(asks, { services });
    const { request_id: requestId } = await question(run.job);
    expect(await rig.redis.hget(keys.job(run.job.job_id), "status")).toBe("waiting_human");
    expect(await say(run.job, { type: "confirmation", data: { confirmed: true } })).toEqual({
      word: "wrong-type",
      asked: "location",
    });
    expect(await say(run.job, place, "another")).toEqual({ word: "not-waiting" });
    expect(await say(run.job, place, String(requestId))).toEqual({
      word: "received",
      worker: "w1",
    });
    expect((await say(run.job, place)).word).not.toBe("received");
    expect(await run.ended).toBe("ended");
    expect(seen).toEqual([here]);
    const stages = await rig.stages(run.job);
    const order = ["location started", "needs_input waiting", "location waiting"];
    const after = ["location resumed", "location completed"];
    expect(stages.filter((one) => [...order, ...after].includes(one))).toEqual([
      ...order,
      ...after,
    ]);
  });

  test("of ten answers at once one wins", async () => {
    const run = await rig.send(asks, { services: seeing().services });
    await question(run.job);
    const words = await Promise.all(Array.from({ length: 10 }, () => say(run.job, place)));
    expect(words.filter(({ word }) => word === "received")).toHaveLength(1);
    expect(await run.ended).toBe("ended");
  });

  test("a message on the worker's channel brings the answer at once", async () => {
    // the next lease round would come after this test's time
    const run = await rig.send(asks, { services: seeing().services, renewMs: 60_000 });
    await question(run.job);
    await say(run.job, place);
    await rig.redis.publish(keys.worker("w1"), run.job.job_id);
    expect(await run.ended).toBe("ended");
  });

  test.each([
    { name: "declined", deps: {}, declines: true },
    { name: "expired", deps: { humanWaitMs: 150 }, declines: false },
  ])("when it is $name the job goes on without", async ({ name, deps, declines }) => {
    const { services, seen } = seeing();
    const run = await rig.send(asks, { services, deps });
    await question(run.job);
    const askedAt = performance.now();
    if (declines) await say(run.job, { type: "cancel", data: null });
    expect(await run.ended).toBe("ended");
    expect(performance.now() - askedAt).toBeLessThan(bound(150 + 2000));
    expect(seen).toEqual([undefined]);
    const skipped = (await rig.log(run.job)).find(({ data }) => data["status"] === "skipped");
    expect(skipped?.data).toMatchObject({ stage: "location", result: { reason: name } });
    expect((await done(run.job))["status"]).toBe("completed");
  });

  test("a job killed while it waits finds its question, its deadline and the answer again", async () => {
    const { services, seen } = seeing();
    const run = await rig.send(asks, { services });
    const first = await question(run.job);
    const deadline = await rig.redis.hget(keys.job(run.job.job_id), "deadline");
    run.kill();
    expect(await run.ended).toBe("lost");
    const second = await rig.start(run.job, { worker: "w2", redelivered: true, services });
    await until(
      async () =>
        (await rig.stages(run.job)).filter((s) => s === "needs_input waiting").length === 2,
    );
    expect((await question(run.job))["request_id"]).toBe(first["request_id"]);
    expect(await rig.redis.hget(keys.job(run.job.job_id), "deadline")).toBe(deadline);
    expect(await say(run.job, place, String(first["request_id"]))).toMatchObject({ worker: "w2" });
    expect(await second.ended).toBe("ended");
    expect(seen).toEqual([here]);
  });

  test("an answer given while no worker was there is found by the next one", async () => {
    const { services, seen } = seeing();
    const run = await rig.send(asks, { services });
    await question(run.job);
    run.kill();
    await run.ended;
    expect(await say(run.job, place)).toMatchObject({ word: "received" });
    const second = await rig.start(run.job, { worker: "w3", redelivered: true, services });
    expect(await second.ended).toBe("ended");
    expect(seen).toEqual([here]);
  });

  test("two questions come one after the other, and both answers outlive the worker", async () => {
    const seen: unknown[] = [];
    const services: Partial<Services> = {
      disposal: async ({ choice }) => (seen.push(choice), undefined),
    };
    const message = "중구에서 소파 버리는 법이랑 근처 제로웨이스트샵 알려줘";
    const run = await rig.send({ message, interactive: true }, { services });
    const first = await question(run.job);
    const [one, two] =
      first["input_type"] === "location"
        ? [place, { type: "selection", data: { value: "부산 중구" } } as const]
        : [{ type: "selection", data: { value: "부산 중구" } } as const, place];
    await say(run.job, one);
    const asked = async () =>
      (await rig.log(run.job)).filter(({ event }) => event === "needs_input").length;
    await until(async () => (await asked()) === 2);
    run.kill();
    await run.ended;
    const again = await rig.start(run.job, { worker: "w4", redelivered: true, services });
    await until(async () => (await asked()) === 3);
    expect(await say(run.job, two)).toMatchObject({ word: "received" });
    expect(await again.ended).toBe("ended");
    expect(seen).toEqual(["부산 중구", "부산 중구"]); // once in each attempt, asked in one
    const asking = (await rig.log(run.job)).filter(({ event }) => event === "needs_input");
    expect(
      new Set(asking.map(({ data }) => (data["result"] as typeof first)["request_id"])).size,
    ).toBe(2);
    expect((await done(run.job))["status"]).toBe("completed");
  });

  test("waiting is not the job's time, nor the node's", async () => {
    const { services, seen } = seeing();
    const deps = { humanWaitMs: 5000 };
    const run = await rig.send(asks, { services, deps, attempt: { msLeft: 2000 } });
    await question(run.job);
    await Bun.sleep(2200);
    await say(run.job, place);
    expect(await run.ended).toBe("ended");
    expect((await done(run.job))["status"]).toBe("completed");
    expect(seen).toEqual([here]);
  });

  test("a place abroad is asked for once more, with the reason, and then left", async () => {
    const { services, seen } = seeing();
    const run = await rig.send(asks, { services });
    const swapped: HumanInput = {
      type: "location",
      data: { latitude: 37.5, longitude: -122 },
    };
    const first = await question(run.job);
    await say(run.job, swapped);
    const second = await until(async () => {
      const asked = await question(run.job);
      return asked["request_id"] === first["request_id"] ? undefined : asked;
    });
    expect(second["input_type"]).toBe("location");
    const shown = (await rig.log(run.job)).filter(({ event }) => event === "needs_input").at(-1);
    expect(shown?.data["message"]).toContain("한국 밖");
    await say(run.job, place);
    expect(await run.ended).toBe("ended");
    expect(seen).toEqual([here]);
  });

  test("a job that is cancelled while it waits stops waiting", async () => {
    const run = await rig.send(asks, { services: seeing().services });
    await question(run.job);
    await rig.redis.hset(keys.job(run.job.job_id), "status", "cancelled");
    expect(["ended", "lost"]).toContain(await run.ended);
  });
});
