import { afterAll, expect, test } from "bun:test";
import { inputRequestId } from "../../shared/contract/ids.ts";
import { ask } from "../../shared/human-input.ts";
import { keys } from "../../shared/keys.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";
import { TestJob, testUser as user } from "../testing/test-job.ts";

const place = { type: "location", data: { latitude: 37.5, longitude: 127 } };

describeWith("redis", "postgres")("input", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });

  /** A job that waits for this kind of answer. */
  async function waiting(type: "location" | "selection", options: readonly string[] = []) {
    const job = new TestJob(use.deps.redis);
    await job.accept();
    await job.take();
    const attempt = Number(await use.deps.redis.hget(keys.job(job.jobId), "attempt"));
    const requestId = inputRequestId(job.jobId, "location", 0);
    await ask(use.deps.redis, job.jobId, attempt, { requestId, type, waitMs: 60_000, options });
    const path = `/api/v1/chat/${job.jobId}`;
    const post = async (body: unknown) => {
      const response = await use.send("POST", `${path}/input`, { user, body });
      const { code, status } = (await response.json()) as { code?: string; status?: string };
      return [response.status, code ?? status];
    };
    return { job, post, requestId, path };
  }

  test("the first valid answer is received and the worker is told, later ones are not", async () => {
    const { job, post } = await waiting("location");
    const heard: string[] = [];
    const listener = use.deps.redis.duplicate();
    listener.on("message", (_channel, text: string) => heard.push(text));
    await listener.subscribe(keys.worker("test"));
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(place)));
    expect(answers.filter(([status]) => status === 200)).toEqual([[200, "received"]]);
    expect(answers.filter(([, code]) => code === "JOB_NOT_WAITING")).toHaveLength(9);
    await until(() => heard.length > 0);
    expect(heard).toEqual([job.jobId]);
    listener.disconnect();
  });

  test.each([
    { name: "another kind of answer", body: { type: "confirmation", data: { confirmed: true } } },
    {
      name: "a place off the globe",
      body: { type: "location", data: { latitude: 91, longitude: 0 } },
    },
    { name: "no place", body: { type: "location", data: null } },
    {
      name: "a place in words",
      body: { type: "location", data: { latitude: "37", longitude: "127" } },
    },
    { name: "another type", body: { type: "password", data: "x" } },
    { name: "nothing", body: {} },
    { name: "a request id that is none", body: { ...place, request_id: 1 } },
  ])("$name is 422, and the question stays open", async ({ body }) => {
    const { post } = await waiting("location");
    expect(await post(body)).toEqual([422, "VALIDATION_ERROR"]);
    expect(await post(place)).toEqual([200, "received"]);
  });

  test("an answer to another question is 409, to this one it is taken", async () => {
    const { post, requestId } = await waiting("location");
    expect(await post({ ...place, request_id: "another" })).toEqual([409, "JOB_NOT_WAITING"]);
    expect(await post({ ...place, request_id: requestId })).toEqual([200, "received"]);
  });

  test("a choice is one of those offered", async () => {
    const { post } = await waiting("selection", ["서울 중구", "부산 중구"]);
    const choose = (value: string) => post({ type: "selection", data: { value } });
    expect(await choose("런던")).toEqual([422, "VALIDATION_ERROR"]);
    expect(await choose("부산 중구")).toEqual([200, "received"]);
  });

  test("any question may be declined", async () => {
    const { post } = await waiting("selection", ["서울 중구"]);
    expect(await post({ type: "cancel" })).toEqual([200, "received"]);
  });

  test("after the end it is 409 JOB_FINISHED; the run is there for its owner", async () => {
    const { job, post, path } = await waiting("location");
    const run = () => use.send("GET", `${path}/run`, { user });
    expect((await run()).status).toBe(404);
    const record = {
      job_id: job.jobId,
      attempt: 1,
      status: "completed",
      error_code: null,
      duration_ms: 9,
      first_token_ms: null,
      intents: ["waste"],
      nodes: [{ node: "waste_rag", status: "success", duration_ms: 3 }],
      steps: [{ stage: "intent", status: "started", at_ms: 0 }],
      fallbacks: [],
      policies: {},
      model: {},
      usage: null,
    };
    await use.deps.redis.set(keys.run(job.jobId), JSON.stringify(record));
    expect(await (await run()).json()).toEqual(record);
    const stranger = "11111111-1111-4111-8111-111111111111";
    expect((await use.send("GET", `${path}/run`, { user: stranger })).status).toBe(404);
    await job.end();
    expect(await post(place)).toEqual([409, "JOB_FINISHED"]);
  });
});
