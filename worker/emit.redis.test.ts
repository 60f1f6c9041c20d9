import { afterAll, beforeAll, expect, test } from "bun:test";
import * as v from "valibot";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { sha256Hex } from "../shared/contract/answer-text.ts";
import { LogEvent } from "../shared/contract/event.ts";
import { keys } from "../shared/keys.ts";
import { job as jobLimits } from "../shared/limits.ts";
import { release, type ScriptedRedis } from "../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { begin, completed, intercept, snapshotOf } from "./testing/emit-rig.ts";
import { quiet, readLog, textOf } from "./testing/jobs.ts";

describeWith("redis")("emit", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-emit", "store", quiet);
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  test("an idle emitter makes one event of each token, and done is last", async () => {
    const { job, attempt, emit } = await begin(redis);
    emit.stage({ stage: "intent", status: "started", progress: 5 });
    for (const [i, token] of ["라벨을 ", "떼세요"].entries()) {
      emit.token(token, "answer");
      await until(() => emit.answer().tokens === i + 1);
    }
    expect(await emit.end(completed)).toBe("appended");
    const log = await readLog(redis, job.job_id);
    expect(log.map(({ event }) => event)).toEqual(["queued", "intent", "token", "token", "done"]);
    expect(log.slice(1).map(({ id }) => id)).toEqual(
      [1, 2, 3, 4].map((n) => `${attempt.attempt}-${n}`),
    );
    expect(log.slice(2, 4).map(({ data }) => data["seq"])).toEqual([1001, 1002]);
    for (const { id, raw } of log.slice(1)) {
      const event = v.parse(LogEvent, JSON.parse(raw)); // our own output, read strictly
      expect(event.stream_id).toBe(id);
    }
    expect(log.at(-1)?.data["result"]).toMatchObject({
      answer: "라벨을 떼세요",
      tokens: 2,
      sha256: sha256Hex("라벨을 떼세요"),
    });
  });

  test("tokens that gather while an append is in flight travel as one event", async () => {
    const { job, emit } = await begin(redis);
    for (let i = 0; i < 50; i++) emit.token(`${i} `, "answer");
    await emit.end(completed);
    const tokens = (await readLog(redis, job.job_id)).filter(({ event }) => event === "token");
    expect(tokens.map(({ data }) => [data["first_seq"], data["seq"]])).toEqual([
      [undefined, 1001],
      [1002, 1050],
    ]);
  });

  test("what a try said that was handed back uncounted is taken back as well", async () => {
    const first = await begin(redis);
    first.emit.token("앞", "answer");
    await until(() => first.emit.answer().tokens === 1);
    first.emit.abandon();
    await release(redis, first.job.job_id, first.attempt.attempt, true);
    const second = await begin(redis, { job: first.job, redelivered: true });
    expect(second.attempt.tries).toBe(1);
    second.emit.token("뒤", "answer");
    await second.emit.end(completed);
    const log = await readLog(redis, first.job.job_id);
    expect(textOf(log).text).toBe("뒤");
    expect(log.at(-1)?.data).toMatchObject({ result: { answer: "뒤" } });
  });

  test("a second try starts with a reset, goes on with numbers and progress", async () => {
    const first = await begin(redis);
    first.emit.stage({ stage: "answer", status: "started", progress: 75 });
    first.emit.token("옛 글", "answer");
    await until(() => first.emit.answer().tokens === 1);
    const second = await begin(redis, { job: first.job, redelivered: true });
    first.emit.token("늦은 글", "answer");
    await until(() => first.refused.length > 0);
    expect(first.refused).toEqual(["stale"]);
    second.emit.stage({ stage: "intent", status: "started", progress: 5 });
    second.emit.token("새 글", "answer");
    await second.emit.end(completed);
    const log = await readLog(redis, first.job.job_id);
    const reset = log.find(({ event }) => event === "token_recovery");
    expect(reset?.id).toBe(`${second.attempt.attempt}-1`);
    expect(reset?.data).toMatchObject({
      accumulated: "",
      completed: false,
      reset: true,
      last_seq: 1001,
    });
    expect(log.findLast(({ event }) => event === "intent")?.data["progress"]).toBe(75);
    expect(textOf(log)).toEqual({ text: "새 글", tokens: 1, lastSeq: 1002 });
    expect(log.at(-1)?.data["result"]).toMatchObject({ answer: "새 글", tokens: 1 });
  });

  test("an answer above its limit throws, and ends with the text before it", async () => {
    const { job, emit } = await begin(redis);
    emit.token("가".repeat(1000), "answer");
    expect(() => emit.token("x".repeat(jobLimits.answerBytes), "answer")).toThrow(
      "ANSWER_TOO_LARGE",
    );
    expect(() => emit.token("y", "answer")).toThrow("ANSWER_TOO_LARGE");
    await emit.end({ ...completed, ending: "failed", errorCode: "ANSWER_TOO_LARGE" });
    expect(textOf(await readLog(redis, job.job_id)).text).toBe("가".repeat(1000));
  });

  test("a shard that stays full fails the job with what the log holds", async () => {
    let isFull = false;
    const wrapped = intercept(redis, (call) => (isFull ? Promise.resolve("full") : call()), "done");
    const { job, emit, refused } = await begin(redis, { through: wrapped, fullWaitMs: 150 });
    emit.token("앞", "answer");
    await until(() => emit.answer().tokens === 1);
    isFull = true;
    emit.token("뒤", "answer");
    await until(() => refused.length > 0);
    expect(refused).toEqual(["full"]);
    expect(await emit.end(completed)).toBe("appended");
    const done = (await readLog(redis, job.job_id)).at(-1);
    expect(done?.data).toMatchObject({
      status: "failed",
      result: { answer: "앞", error_code: "STREAM_FULL" },
    });
  });

  test("a shard that drains in time costs nothing but time", async () => {
    let fulls = 3;
    const wrapped = intercept(redis, (call) => (fulls-- > 0 ? Promise.resolve("full") : call()));
    const { job, emit, refused } = await begin(redis, { through: wrapped });
    emit.token("글", "answer");
    await emit.end(completed);
    expect(refused).toEqual([]);
    expect(textOf(await readLog(redis, job.job_id)).text).toBe("글");
  });

  test("an abandoned emitter stops waiting for the store", async () => {
    const wrapped = intercept(redis, () => new Promise(() => {}));
    const { emit } = await begin(redis, { through: wrapped });
    emit.token("글", "answer");
    const ended = emit.end(completed);
    emit.abandon();
    expect(await ended).toBe("abandoned");
  });

  test("producers wait when the store falls behind, and go on when it is back", async () => {
    const gate = Promise.withResolvers<void>();
    const wrapped = intercept(redis, async (call) => (await gate.promise, call()));
    const { emit } = await begin(redis, { through: wrapped });
    expect(emit.room()).toBeUndefined();
    for (let i = 0; i < 300; i++) emit.token("x", "answer");
    const room = emit.room();
    expect(room).toBeInstanceOf(Promise);
    gate.resolve();
    await room;
    expect(emit.room()).toBeUndefined();
    expect(await emit.end(completed)).toBe("appended");
  });

  test("snapshots of a long text stay cheap and hold a prefix of it", async () => {
    const sizes: number[] = [];
    const wrapped = intercept(redis, (call, args) => {
      const snapshot = snapshotOf(args);
      if (snapshot !== "") sizes.push(JSON.parse(snapshot).accumulated_len as number);
      return call();
    });
    const { job, emit } = await begin(redis, { through: wrapped });
    let text = "";
    for (let i = 0; i < 2000; i++) {
      const token = `${i},`;
      text += token;
      emit.token(token, "answer");
      if (i % 3 === 0) await until(() => emit.answer().tokens === i + 1);
    }
    const snapshot = JSON.parse((await redis.get(keys.snapshot(job.job_id))) ?? "{}") as {
      accumulated: string;
      id: string;
      tokens: number;
    };
    expect(text.startsWith(snapshot.accumulated)).toBe(true);
    const upTo = (await readLog(redis, job.job_id)).findIndex(({ id }) => id === snapshot.id);
    expect(textOf((await readLog(redis, job.job_id)).slice(0, upTo + 1))).toMatchObject({
      text: snapshot.accumulated,
      tokens: snapshot.tokens,
    });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(text.length * 12);
    await emit.end(completed);
  });
});
