import { afterAll, afterEach, expect, test } from "bun:test";
import { keys } from "../../shared/keys.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { parseStream } from "../testing/sse-client.ts";
import { hintOf, TestJob } from "../testing/test-job.ts";
import { openTestStreams, type TestStreams } from "../testing/test-streams.ts";
import type { LogEntry } from "./entry.ts";

const names = (events: readonly { event: string }[]) => events.map(({ event }) => event);

describeWith("redis")("a stream", async () => {
  const redis = await startRedis();
  const use = openTestStreams(redis.url);
  const fast = openTestStreams(redis.url, 50);
  const fastest = openTestStreams(redis.url, 200);
  afterAll(async () => {
    await Promise.all([use.close(), fast.close(), fastest.close()]);
    await redis.stop();
  });
  afterEach(async () => {
    for (const each of [use, fast, fastest]) {
      await until(() => each.streams.size === 0 && each.fanout.size === 0, {
        what: "no reader and no channel left",
      });
    }
    const left = () => use.redis.call("PUBSUB", "CHANNELS", "sse:events:*") as Promise<string[]>;
    await until(async () => (await left()).length === 0, { what: "no subscription left" });
  });

  const running = async () => {
    const job = new TestJob(use.redis);
    await job.accept();
    await job.take();
    return job;
  };
  const send = (job: TestJob, entries: readonly LogEntry[]) =>
    use.redis.publish(keys.live(job.jobId), hintOf(entries));
  const got = (reader: { events: readonly unknown[] }, count: number) =>
    until(() => reader.events.length >= count, { what: `${count} events` });
  const metric = async (each: TestStreams, name: "gapReads" | "silenceReads") =>
    (await each.metrics[name].get()).values[0]?.value ?? 0;

  test("starts with the stages and the text so far, and goes live", async () => {
    const job = await running();
    await job.stage("intent");
    await job.tokens("라벨을 ", "떼고");
    await job.stage("eval");
    const reader = await use.open(job.jobId);
    await send(job, await job.tokens(" 헹궈요"));
    await send(job, await job.end());
    await until(reader.hasEnded, { what: "the end" });
    expect(names(reader.events)).toEqual([
      "queued",
      "intent",
      "token_recovery",
      "eval",
      "token",
      "done",
    ]);
    expect(JSON.parse(reader.events[2]?.data ?? "")).toMatchObject({
      accumulated: "라벨을 떼고",
      last_seq: 1002,
      completed: false,
    });
    expect(await metric(use, "silenceReads")).toBe(0);
  });

  test("of a finished job is its ending alone, and nothing for who has it", async () => {
    const job = await running();
    await job.tokens("끝");
    const [done] = await job.end();
    const reader = await use.open(job.jobId, undefined, true);
    await until(reader.hasEnded, { what: "the end" });
    expect(reader.events.map(({ id, data }) => ({ id, data }))).toEqual([
      { id: done?.id as string, data: done?.data as string },
    ]);
    expect((await use.respond(job.jobId, done?.id, true))?.status).toBe(204);
    // the log goes first, the ending stays
    await use.redis.del(keys.log(job.jobId));
    expect((await use.respond(job.jobId, done?.id, true))?.status).toBe(204);
    const late = await use.open(job.jobId, "0-1", true);
    await until(late.hasEnded, { what: "the end" });
    expect(names(late.events)).toEqual(["done"]);
    // then both: rows may know
    await use.redis.del(keys.state(job.jobId));
    expect(await use.respond(job.jobId, undefined, true)).toBeUndefined();
  });

  test("brings an answer of 1 MB whole, to who was there and to who comes late", async () => {
    const job = await running();
    const reader = await use.open(job.jobId);
    const part = "가".repeat(5461); // 16 kB of UTF-8
    for (let i = 0; i < 64; i++) await job.tokens(part);
    const late = await use.open(job.jobId);
    await send(job, await job.end());
    await until(() => reader.hasEnded() && late.hasEnded(), { what: "the ends" });
    const textOf = ({ events }: typeof reader) =>
      events.reduce((text, { event, data }) => {
        const { content, accumulated } = JSON.parse(data) as Record<string, string>;
        return event === "token" ? text + content : (accumulated ?? text);
      }, "");
    for (const one of [reader, late]) {
      expect(textOf(one) === part.repeat(64)).toBe(true);
      const done = JSON.parse(one.events.at(-1)?.data ?? "") as { result: { answer: string } };
      expect(done.result.answer === part.repeat(64)).toBe(true);
    }
  });

  test("fills a hole as soon as a later hint shows it", async () => {
    const job = await running();
    const reader = await use.open(job.jobId);
    const before = await metric(use, "gapReads");
    await job.tokens("잃은 ");
    await send(job, await job.tokens("힌트"));
    await got(reader, 3);
    expect(await metric(use, "gapReads")).toBe(before + 1);
    // the end of one attempt is lost, and the first hint of the next one comes
    await job.tokens("!");
    await send(job, await job.take());
    await got(reader, 5);
    expect(reader.events.map(({ id }) => id)).toEqual((await job.log()).map(({ id }) => id));
    await reader.disconnect();
  });

  test("serves two readers of a job from one channel", async () => {
    const job = await running();
    const [a, b] = await Promise.all([use.open(job.jobId), use.open(job.jobId)]);
    expect(use.fanout.size).toBe(1);
    await send(job, await job.tokens("둘"));
    await got(a, 2);
    await a.disconnect();
    await send(job, await job.end());
    await until(b.hasEnded, { what: "the end" });
    expect(names(b.events)).toEqual(["queued", "token", "done"]);
  });

  test("ends when a store lost what the reader has, and stays when it lost the whole log", async () => {
    const job = await running();
    const reader = await fast.open(job.jobId);
    await fast.redis.del(keys.log(job.jobId));
    const silences = await metric(fast, "silenceReads");
    await until(async () => (await metric(fast, "silenceReads")) > silences + 1);
    expect(reader.hasEnded()).toBe(false);
    await job.take(); // the log grows again, without the reader's place in it
    await until(reader.hasEnded, { what: "the end" });
    const again = await fast.open(job.jobId, reader.events.at(-1)?.id);
    expect(JSON.parse(again.events[0]?.data ?? "")).toMatchObject({ reset: true, accumulated: "" });
    await again.disconnect();
  });

  test("goes on without a gap when the store was away", async () => {
    const own = await startRedis({ aof: true });
    const there = openTestStreams(own.url);
    const job = new TestJob(there.redis);
    await job.accept();
    await job.take();
    const reader = await there.open(job.jobId);
    await job.tokens("전");
    await own.restart();
    await job.tokens("후");
    await job.end();
    await until(reader.hasEnded, { what: "the end" });
    expect(reader.events.map(({ id }) => id)).toEqual((await job.log()).map(({ id }) => id));
    await there.close();
    await own.stop();
  });

  test("goes on at once when its subscription was cut", async () => {
    const job = await running();
    const reader = await use.open(job.jobId);
    const silences = await metric(use, "silenceReads");
    await use.redis.client("KILL", "TYPE", "PUBSUB");
    await job.tokens("끊김");
    await got(reader, 2);
    expect(await metric(use, "silenceReads")).toBe(silences);
    await reader.disconnect();
  });

  test("is kept alive by a comment and by an event without id", async () => {
    const job = await running();
    const response = await fastest.respond(job.jobId);
    let text = "";
    const body = response?.body?.getReader();
    const pump = (async () => {
      for (;;) {
        const { done, value } = (await body?.read()) ?? { done: true };
        if (done) return;
        text += Buffer.from(value ?? []).toString();
      }
    })();
    await until(() => text.includes("event: keepalive"), { what: "a keepalive event" });
    // a tick that is late enough for both sends the event alone
    await until(() => text.includes(": keepalive\n\n"), { what: "a comment" });
    const alive = parseStream(text).find(({ event }) => event === "keepalive");
    expect(alive?.id).toBeUndefined();
    // 300 s at two hundred times the speed
    await until(() => text.includes("event: error"), { what: "the time limit" });
    await pump;
    const last = parseStream(text).at(-1);
    expect(last).toMatchObject({ event: "error", id: undefined });
    expect(JSON.parse(last?.data ?? "")).toMatchObject({ error: "timeout" });
  });

  test("ends when its token has run out", async () => {
    const job = await running();
    const response = await use.streams.open({
      jobId: job.jobId,
      cursor: { word: "fresh" },
      isEnded: false,
      expiresAtMs: Date.now() + 200,
      isRevoked: () => false,
      setIdleSeconds: () => {},
    });
    expect(await response?.text()).toContain("event: queued");
  });

  test("is closed when its client left while it was opened", async () => {
    const job = await running();
    const asked = Promise.withResolvers<void>();
    const hasLeft = Promise.withResolvers<void>();
    const server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        asked.resolve();
        await hasLeft.promise;
        await until(() => request.signal.aborted, { what: "the server to notice" });
        return (await use.respond(job.jobId)) ?? new Response(null, { status: 404 });
      },
    });
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port ?? 0,
      socket: { data: () => {}, error: () => {} },
    });
    client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    await asked.promise;
    client.end();
    hasLeft.resolve();
    const gone = async () =>
      (await use.metrics.closed.get()).values.find(
        ({ labels }) => labels["reason"] === "client_gone",
      )?.value ?? 0;
    const before = await gone();
    await until(async () => (await gone()) > before, { what: "the reader to be closed" });
    expect(use.streams.size).toBe(0);
    await server.stop(true);
  });

  test("ends between two events on shutdown, with a hint when to come back", async () => {
    const own = openTestStreams(redis.url);
    const job = await running();
    const response = await own.respond(job.jobId);
    own.streams.close();
    const text = (await response?.text()) ?? "";
    expect(text).toMatch(/event: queued\ndata: .*\n\nretry: \d+\n\n$/);
    const refused = await own.respond(job.jobId).catch((error: Error) => error.message);
    expect(refused).toBe("UNAVAILABLE");
    await until(() => own.fanout.size === 0);
    await own.close();
  });
});
