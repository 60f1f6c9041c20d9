import { afterAll, expect, test } from "bun:test";
import { describeWith } from "../../shared/testing/services.ts";
import { runProbes } from "./run-probes.ts";
import { base, type Probe, startTarget } from "./target.ts";

describeWith("redis", "postgres")("what an attacker puts around it", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());
  const { chat, running } = target;
  const get = (path: string, more: Partial<Probe> = {}): Probe => ({ path, ...more });
  const messages = `${base}/${chat}/messages`;
  const say = (body: string, ...headers: string[]): Probe => ({
    method: "POST",
    path: messages,
    body,
    headers,
  });
  const answerOf = '{"type":"confirmation","data":{"confirmed":true}}';
  const answer = (body: string): Probe => ({
    method: "POST",
    path: `${base}/${running}/input`,
    body,
  });
  const b64 = (text: string) => Buffer.from(text).toString("base64url");

  const stream = (headers: string[], query = "") =>
    get(`${base}/${running}/events${query}`, { headers });
  runProbes(target, [
    ["a cursor that is none", 200, undefined, stream(["Last-Event-ID: abc"])],
    ["a cursor beyond numbers", 200, undefined, stream([`Last-Event-ID: ${"9".repeat(400)}-1`])],
    ["a cursor with a command", 200, undefined, stream(["Last-Event-ID: 0-1 + COUNT 1"])],
    [
      "a cursor of 4 kB in the query",
      200,
      undefined,
      stream([], `?last_event_id=${"-".repeat(4000)}`),
    ],
    ["a cursor below zero", 200, undefined, stream(["Last-Event-ID: -1--1"])],
    [
      "a page cursor of lies",
      422,
      "VALIDATION_ERROR",
      get(`${base}?cursor=${b64('{"t":"x","id":"y"}')}`),
    ],
    [
      "a page cursor with SQL",
      422,
      "VALIDATION_ERROR",
      get(`${base}?cursor=${b64(`{"t":"2026-01-01T00:00:00Z' or 1=1","id":"${chat}"}`)}`),
    ],
    [
      "a page cursor with a prototype",
      422,
      "VALIDATION_ERROR",
      get(`${base}?cursor=${b64('{"__proto__":{"t":"2026-01-01T00:00:00Z"}}')}`),
    ],
    ["a limit below zero", 422, "VALIDATION_ERROR", get(`${base}?limit=-1`)],
    ["a limit of 1e9", 422, "VALIDATION_ERROR", get(`${base}?limit=1e9`)],
    ["a limit in Arabic digits", 422, "VALIDATION_ERROR", get(`${base}?limit=%D9%A1`)],
    [
      "an idempotency key with a control",
      422,
      "VALIDATION_ERROR",
      say('{"message":"a"}', "Idempotency-Key: a\tb"),
    ],
    [
      "an idempotency key of 4 kB",
      422,
      "VALIDATION_ERROR",
      say('{"message":"a"}', `Idempotency-Key: ${"k".repeat(4000)}`),
    ],
    [
      "an input of another shape",
      422,
      "VALIDATION_ERROR",
      answer('{"type":"__proto__","data":{}}'),
    ],
    ["an input nobody waits for", 409, "JOB_NOT_WAITING", answer(answerOf)],
  ]);

  test("CRLF in a request id goes nowhere", async () => {
    const answer = await target.send({
      path: base,
      headers: ["X-Request-Id: a%0d%0aSet-Cookie: x=1"],
    });
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("x-request-id")).not.toContain("%");
  });

  test.each([
    ["headers of 64 kB", ["Cookie: " + "a".repeat(65_000)], [400, 413, 431, 0]],
    ["500 headers", Array.from({ length: 500 }, (_, i) => `X-${i}: 1`), [200, 400, 413, 431, 0]],
    ["a header without a name", [": x"], [400, 0]],
    ["a space before the colon", ["Transfer-Encoding : chunked"], [400, 0]],
    ["length and chunks at once", ["Content-Length: 5", "Transfer-Encoding: chunked"], [400, 0]],
    ["two lengths", ["Content-Length: 5", "Content-Length: 6"], [400, 0]],
    ["a length below zero", ["Content-Length: -1"], [400, 0]],
  ] as const)("%s is stopped by the server itself", async (_name, headers, statuses) => {
    const answer = await target.send({ path: base, headers });
    expect(statuses as readonly number[]).toContain(answer.status);
  });

  test("nothing the attacker said polluted a prototype or ended a job", async () => {
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
    const status = await target.send({ path: `${base}/${running}/status` });
    expect(JSON.parse(status.text)).toMatchObject({ status: "queued" });
  });
});
