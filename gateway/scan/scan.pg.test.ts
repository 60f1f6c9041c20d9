import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { ChatId, JobId } from "../../shared/contract/ids.ts";
import { scanModels } from "../../shared/contract/scan.ts";
import { endJob } from "../../shared/end-job.ts";
import { keys } from "../../shared/keys.ts";
import { scan } from "../../shared/limits.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { readStream } from "../testing/sse-client.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";
import { TestJob, testUser } from "../testing/test-job.ts";

const cdnBase = "https://images.eco2.example";
const image_url = `${cdnBase}/scan/${"a".repeat(32)}.png`;
interface Started {
  job_id: string;
  stream_url: string;
  result_url: string;
  status: string;
}

describeWith("redis", "postgres")("a scan", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let use: ReturnType<typeof openTestApp>;
  beforeAll(async () => {
    [redis, database] = await Promise.all([startRedis(), testDatabase()]);
    use = openTestApp({
      redisUrl: redis.url,
      databaseUrl: database.url,
      images: {
        apiBase: "https://api.eco2.example",
        cdnBase,
        secret: "a secret of the scan tests, long enough",
        keptIn: { dir: mkdtempSync(join(tmpdir(), "eco2-scan-")) },
      },
    });
  });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });

  /** As the existing client does: with its cookie, from its own origin. */
  const call = async (method: string, path: string, body?: unknown, headers = {}, user = me) =>
    use.send(method, path, {
      body,
      headers: {
        cookie: `s_access=${await testToken(user)}`,
        origin: "https://eco2.example",
        ...headers,
      },
    });
  const me: string = crypto.randomUUID();
  const start = async (body: object = { image_url }, headers = {}, user = me): Promise<Started> => {
    const answer = await call("POST", "/api/v1/scan", body, headers, user);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Started;
  };
  const end = (job: Started) =>
    endJob(use.deps.redis, v.parse(JobId, job.job_id), "failed", "TIMEOUT");

  test("is taken with the picture alone; its addresses are paths", async () => {
    const started = await start();
    expect(started).toEqual({
      job_id: started.job_id,
      stream_url: `/api/v1/scan/${started.job_id}/events`,
      result_url: `/api/v1/scan/${started.job_id}/result`,
      status: "queued",
    });
    expect(started.result_url.split("/").at(-2)).toBe(started.job_id);
    const [, fields] = (await use.deps.redis.xrange(keys.outbox, "-", "+")).at(-1) ?? ["", []];
    const envelope = JSON.parse(fields[fields.indexOf("body") + 1] ?? "") as { kwargs: object };
    expect(envelope.kwargs).toMatchObject({ kind: "scan", user_id: me, image_url, model: null });
    expect(await use.deps.redis.exists(keys.recent(v.parse(ChatId, started.job_id)))).toBe(0);
  });

  test("has a result from the first moment on: 202, then 200, and only for its owner", async () => {
    const job = await start();
    const early = await call("GET", job.result_url);
    expect(early.status).toBe(202);
    expect(early.headers.get("retry-after")).toBe(String(scan.retryAfterSeconds));
    expect(await early.json()).toMatchObject({
      status: "processing",
      current_stage: "queued",
      progress: 0,
    });
    await end(job);
    const done = await call("GET", job.result_url);
    expect(done.status).toBe(200);
    expect(await done.json()).toMatchObject({
      task_id: job.job_id,
      status: "failed",
      pipeline_result: null,
      reward: null,
      error: { code: "TIMEOUT" },
    });
    const foreign = [
      await call("GET", job.result_url, undefined, {}, crypto.randomUUID()),
      await call("GET", `/api/v1/scan/${crypto.randomUUID()}/result`),
      await call("GET", "/api/v1/scan/not-an-id/result"),
    ];
    for (const answer of foreign) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: "RESULT_NOT_FOUND" });
    }
    expect(await use.deps.redis.ttl(keys.state(v.parse(JobId, job.job_id)))).toBeGreaterThan(3500);
  });

  test("streams named events, each once, and ends with a completed `done` whatever became of it", async () => {
    const job = await start();
    const answer = await call("GET", job.stream_url);
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const reader = readStream(answer);
    await end(job);
    const again = readStream(await call("GET", job.stream_url));
    await untilEnded(again);
    const [last] = again.events;
    expect(again.events).toHaveLength(1);
    expect(last?.event).toBe("done");
    expect(JSON.parse(last?.data ?? "")).toMatchObject({
      stage: "done",
      status: "completed",
      seq: 51,
      result: { status: "failed" },
    });
    await untilEnded(reader);
    expect(reader.events.map(({ event }) => event)).toEqual(["queued", "done"]);
    const seen = await call("GET", job.stream_url, undefined, { "last-event-id": last?.id ?? "" });
    expect(seen.status).toBe(204);
  });

  test("is no job of a chat, and a chat's job is no scan", async () => {
    const started = await start({ image_url }, {}, testUser);
    const chat = new TestJob(use.deps.redis);
    await chat.accept();
    const routes = [
      ["GET", `/api/v1/chat/${started.job_id}/events`],
      ["GET", `/api/v1/chat/${started.job_id}/status`],
      ["POST", `/api/v1/chat/${started.job_id}/cancel`],
      ["GET", `/api/v1/scan/${chat.jobId}/events`],
      ["GET", `/api/v1/scan/${chat.jobId}/result`],
      ["GET", `/api/v1/scan/${crypto.randomUUID()}/events`],
    ] as const;
    for (const [method, path] of routes) {
      const body = method === "POST" ? {} : undefined;
      expect((await call(method, path, body, {}, testUser)).status).toBe(404);
    }
    const foreign = await call("GET", started.stream_url);
    expect(foreign.status).toBe(404);
  });

  test("with the same key is one job, also ten at once; the key is the user's, for an hour", async () => {
    const headers = { "x-idempotency-key": "photo-1" };
    const all = await Promise.all(Array.from({ length: 10 }, () => start({ image_url }, headers)));
    expect(new Set(all.map(({ job_id }) => job_id)).size).toBe(1);
    const other = await start({ image_url }, headers, crypto.randomUUID());
    expect(other.job_id).not.toBe(all[0]?.job_id ?? "");
    const conflict = await call("POST", "/api/v1/scan", { image_url, user_input: "컵" }, headers);
    expect(conflict.status).toBe(422);
    expect(await conflict.json()).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    const place = keys.scanIdempotency(me as never, "photo-1");
    expect(await use.deps.redis.ttl(place)).toBeGreaterThan(3500);
    expect(await use.deps.redis.ttl(place)).toBeLessThanOrEqual(3600);
  });

  const invalid = [422, "VALIDATION_ERROR"] as const;
  const missing = [400, "IMAGE_URL_REQUIRED"] as const;
  const notOurs = [400, "IMAGE_HOST_NOT_ALLOWED"] as const;
  test.each([
    ["no picture", {}, missing],
    ["null", { image_url: null }, missing],
    ["blanks", { image_url: "  " }, missing],
    ["a number", { image_url: 7 }, invalid],
    ["no URL", { image_url: "cat.png" }, invalid],
    ["ftp", { image_url: "ftp://images.eco2.example/1" }, invalid],
    ["inside", { image_url: "http://127.0.0.1/1.png" }, invalid],
    ["metadata", { image_url: "http://169.254.169.254/" }, invalid],
    ["a user in it", { image_url: "https://me@images.eco2.example/1.png" }, invalid],
    ["somebody else's host", { image_url: "https://elsewhere.example/1.png" }, notOurs],
    [
      "a host that only begins like ours",
      { image_url: "https://images.eco2.example.evil.example/1.png" },
      notOurs,
    ],
    ["no picture of our host", { image_url: `${cdnBase}/scan/../../metrics` }, notOurs],
    [
      "our host on another port",
      { image_url: image_url.replace("example/", "example:80/") },
      notOurs,
    ],
    ["another model", { image_url, model: "llama-9" }, [400, "UNSUPPORTED_MODEL"]],
    ["too long a text", { image_url, user_input: "가".repeat(1001) }, invalid],
    ["a NUL", { image_url, user_input: "\0" }, invalid],
  ] as const)("%s is refused", async (_name, body, [status, code]) => {
    const before = await use.deps.redis.xlen(keys.outbox);
    const answer = await call("POST", "/api/v1/scan", body);
    expect(answer.status).toBe(status);
    const said = (await answer.json()) as { code: string; detail: string };
    expect(said.code).toBe(code);
    if (code === "UNSUPPORTED_MODEL")
      for (const model of scanModels) expect(said.detail).toContain(model);
    expect(await use.deps.redis.xlen(keys.outbox)).toBe(before);
  });

  test.each(scanModels)("the model %s is known", async (model) => {
    const user = crypto.randomUUID();
    expect((await start({ image_url, model }, {}, user)).status).toBe("queued");
  });

  test("without a token nothing is told", async () => {
    for (const path of ["/api/v1/scan/categories", `/api/v1/scan/${crypto.randomUUID()}/events`]) {
      expect((await use.send("GET", path)).status).toBe(401);
    }
    expect((await use.send("POST", "/api/v1/scan", { body: { image_url } })).status).toBe(401);
  });

  test("the categories are the four", async () => {
    const answer = await call("GET", "/api/v1/scan/categories");
    const all = (await answer.json()) as { id: string; instructions: string[] }[];
    expect(all.map(({ id }) => id)).toEqual(["recyclable", "general", "food", "bulky"]);
    for (const { instructions } of all) expect(instructions.length).toBeGreaterThan(1);
  });
});

const untilEnded = (reader: ReturnType<typeof readStream>) =>
  until(() => reader.hasEnded(), { what: "the end of the stream" });
