import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import * as v from "valibot";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { LogEvent } from "../shared/contract/event.ts";
import type { AgentJob, Job } from "../shared/contract/job.ts";
import { endJob } from "../shared/end-job.ts";
import { AppError } from "../shared/errors.ts";
import { recordFields, recordFromJob } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import { type Attempt, type ScriptedRedis, take } from "../shared/scripts.ts";
import { bound } from "../shared/testing/bound.ts";
import { hangs, says } from "../shared/testing/says.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { buildAgent } from "./graph/graph.ts";
import { holdLeases, type Leases } from "./leases.ts";
import { localLlm } from "./llm/local.ts";
import type { Llm } from "./llm/llm.ts";
import { createMetrics } from "./metrics.ts";
import { runJob } from "./run.ts";
import { acceptJob, newJob, quiet, readLog, textOf } from "./testing/jobs.ts";
import { createTools } from "./graph/tools.ts";

describeWith("redis")("a run", () => {
  const agent = buildAgent(createTools(clock));
  let server: TestRedis;
  let redis: ScriptedRedis;
  let subscriber: ScriptedRedis;
  let leases: Leases;
  let handback: AbortController;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-run", "store", quiet);
    subscriber = openRedis(server.url, "test-run-news", "subscriber", quiet);
    leases = holdLeases({ redis, subscriber, worker: "w1", log: quiet, renewMs: 50 });
  });
  afterAll(async () => {
    await leases.close();
    await closeRedis(redis);
    await closeRedis(subscriber);
    await server.stop();
  });
  beforeEach(() => {
    handback = new AbortController();
  });
  afterEach(async () => {
    expect(await redis.client("LIST")).toBeString(); // the store still answers
  });

  async function taken(job: Job, redelivered = false): Promise<Attempt> {
    const record = recordFields(recordFromJob(job));
    const { job_id: jobId, session_id: chatId } = job;
    const word = await take(redis, { jobId, chatId, worker: "w1", redelivered, record });
    if (word.word !== "taken") throw new Error(word.word);
    return word;
  }
  function run(job: Job, attempt: Attempt, llm: Llm, fullWaitMs?: number) {
    const choose = () => ({ llm, provider: "local" as const, model: "local", note: undefined });
    const deps = { redis, agent, choose, leases, clock, log: quiet, metrics: createMetrics() };
    const bounded = fullWaitMs === undefined ? deps : { ...deps, fullWaitMs };
    return runJob(job, attempt, bounded, handback.signal);
  }
  async function runAccepted(
    llm: Llm,
    over: Partial<AgentJob> = {},
    change: Partial<Attempt> = {},
  ) {
    const job = newJob(over);
    await acceptJob(redis, job);
    const end = await run(job, { ...(await taken(job)), ...change }, llm);
    const log = await readLog(redis, job.job_id);
    return { job, end, log, done: log.at(-1)?.data as Record<string, unknown> };
  }

  test.each([
    { name: "one chunk of 200,000 characters", pieces: ["페트병은 라벨 ".repeat(25_000)] },
    {
      name: "10,000 chunks of one byte",
      pieces: Array.from("abcdefgh ".repeat(1112)).slice(0, 10_000),
    },
  ])("$name make the same text for readers and as the answer", async ({ pieces }) => {
    const { log, done } = await runAccepted(says(...pieces));
    expect(textOf(log).text).toBe(pieces.join(""));
    expect(done).toMatchObject({ status: "completed", result: { answer: pieces.join("") } });
  });

  test("streams the model's words and ends with them as the answer", async () => {
    const { end, log, done } = await runAccepted(says("라벨을 ", "떼세요"));
    expect(end).toBe("ended");
    expect(textOf(log)).toMatchObject({ text: "라벨을 떼세요", tokens: 2 });
    expect(done).toMatchObject({
      status: "completed",
      result: {
        intent: "waste",
        answer: "라벨을 떼세요",
        metadata: { model: "local", provider: "local", intents: ["waste"] },
      },
    });
    for (const { raw } of log) v.parse(LogEvent, JSON.parse(raw));
  });

  test("every stage starts before it completes, and progress never goes back", async () => {
    const { log } = await runAccepted(localLlm());
    const stages = log.filter(({ event }) => event !== "token" && event !== "done");
    const seen = stages.map(({ data }) => `${String(data["stage"])} ${String(data["status"])}`);
    expect(seen.indexOf("waste_rag started")).toBeLessThan(seen.indexOf("waste_rag completed"));
    expect(seen.slice(-2)).toEqual(["answer started", "answer completed"]);
    const progress = stages.map(({ data }) => Number(data["progress"]));
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(textOf(log).text).toContain("오프라인 모드");
  });

  test.each([
    {
      name: "a model that fails",
      llm: says("앞부분", () => Promise.reject(new AppError("MODEL_BUSY"))),
      code: "MODEL_FAILED",
    },
    {
      name: "a model that breaks off",
      llm: says("앞부분", () => Promise.reject(new Error("socket"))),
      code: "MODEL_FAILED",
    },
    { name: "a model that says nothing", llm: says(), code: "MODEL_FAILED" },
    {
      name: "an answer beyond 1 MB",
      llm: says("앞부분", "x".repeat(1024 * 1024)),
      code: "ANSWER_TOO_LARGE",
    },
  ])("$name ends the job as failed, the text before it kept", async ({ llm, code }) => {
    const { end, log, done } = await runAccepted(llm);
    expect(end).toBe("ended");
    expect(done).toMatchObject({
      status: "failed",
      result: { error_code: code, intent: "waste" },
    });
    expect(String(done["message"])).toMatch(/[가-힣]/);
    expect((done["result"] as { answer: string }).answer).toBe(textOf(log).text);
  });

  test("past the deadline the job ends TIMEOUT, whatever the model does", async () => {
    let wasAborted = false;
    const llm = says("앞", (signal) => hangs(signal).finally(() => (wasAborted = true)));
    const { done } = await runAccepted(llm, {}, { msLeft: 60 });
    expect(done).toMatchObject({
      status: "failed",
      result: { answer: "앞", error_code: "TIMEOUT" },
    });
    expect(wasAborted).toBe(true);
  });

  test("a cancel reaches the model at once through the worker's channel", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const streaming = Promise.withResolvers<void>();
    const running = run(
      job,
      await taken(job),
      says("앞", (signal) => (streaming.resolve(), hangs(signal))),
    );
    await streaming.promise;
    await until(async () => textOf(await readLog(redis, job.job_id)).text === "앞");
    const cancelled = await endJob(redis, job.job_id, "cancelled", "CANCELLED");
    const toldAt = performance.now();
    await redis.publish(keys.worker("w1"), job.job_id);
    // a lease round may look between the fence and the ending: either way this attempt is over
    expect(["ended", "superseded"]).toContain(await running);
    expect(performance.now() - toldAt).toBeLessThan(bound(300));
    expect(cancelled).toMatchObject({ word: "ended-now", worker: "w1", answer: { text: "앞" } });
    const log = await readLog(redis, job.job_id);
    expect(log.filter(({ event }) => event === "done")).toHaveLength(1);
  });

  test("without the news, the lease round notices that the job ended", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const running = run(job, await taken(job), says("앞", hangs));
    await endJob(redis, job.job_id, "cancelled", "CANCELLED");
    expect(["ended", "superseded"]).toContain(await running); // whichever step of the ending it met
    expect((await readLog(redis, job.job_id)).at(-1)?.data["status"]).toBe("cancelled");
  });

  test("an attempt that a newer one replaced gives way", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const old = run(job, await taken(job), says("옛 글", hangs));
    await until(async () => textOf(await readLog(redis, job.job_id)).text === "옛 글");
    const again = await taken(job, true);
    expect(again.tries).toBe(2);
    expect(await old).toBe("superseded");
    expect(await run(job, again, says("새 글"))).toBe("ended");
    const log = await readLog(redis, job.job_id);
    expect(textOf(log).text).toBe("새 글");
    expect(log.at(-1)?.data["result"]).toMatchObject({ answer: "새 글", metadata: { attempt: 2 } });
  });

  test("a job the store forgot is lost, and must be delivered again", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const running = run(job, await taken(job), says("앞", hangs));
    await redis.del(keys.job(job.job_id));
    expect(await running).toBe("lost");
  });

  test("a log that lost its tail is lost as well", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const gate = Promise.withResolvers<void>();
    const running = run(
      job,
      await taken(job),
      says("앞", () => gate.promise, "뒤"),
    );
    await until(async () => textOf(await readLog(redis, job.job_id)).text === "앞");
    await redis.hset(keys.job(job.job_id), "n", "1");
    gate.resolve();
    expect(await running).toBe("lost");
  });

  test("a worker that must stop hands the job back without an ending", async () => {
    const job = newJob();
    await acceptJob(redis, job);
    const running = run(job, await taken(job), says("앞", hangs));
    await until(async () => textOf(await readLog(redis, job.job_id)).text === "앞");
    handback.abort();
    expect(await running).toBe("lost");
    expect((await readLog(redis, job.job_id)).at(-1)?.event).toBe("token");
  });

  test("a store that restarts in the middle costs time, not text", async () => {
    const durable = await startRedis({ aof: true });
    const client = openRedis(durable.url, "test-run-aof", "store", quiet);
    const held = holdLeases({ redis: client, subscriber, worker: "w2", log: quiet, renewMs: 50 });
    const job = newJob();
    await acceptJob(client, job);
    const record = recordFields(recordFromJob(job));
    const { job_id: jobId, session_id: chatId } = job;
    const attempt = await take(client, { jobId, chatId, worker: "w1", redelivered: false, record });
    if (attempt.word !== "taken") throw new Error(attempt.word);
    const llm = says("하나 ", "둘 ", () => durable.restart(), "셋");
    const choose = () => ({ llm, provider: "local" as const, model: "local", note: undefined });
    const end = await runJob(
      job,
      attempt,
      { redis: client, agent, choose, leases: held, clock, log: quiet, metrics: createMetrics() },
      handback.signal,
    );
    expect(end).toBe("ended");
    expect(textOf(await readLog(client, job.job_id)).text).toBe("하나 둘 셋");
    await held.close();
    await closeRedis(client);
    await durable.stop();
  });
});
