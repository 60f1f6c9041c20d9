import { afterAll, afterEach, expect, test } from "bun:test";
import { startFake, type Trouble } from "../../tests/fakes/fake-server.ts";
import { parseJson } from "../parse-json.ts";
import { bound } from "../testing/bound.ts";
import { until } from "../testing/until.ts";
import { ask, failNotJson } from "./http.ts";
import { fail, failByStatus, succeed } from "./result.ts";

const secret = "sekret/key+with=signs";
const fake = startFake(() => Response.json({ fine: true }));
afterEach(() => fake.trouble(undefined));
afterAll(() => fake.stop());

const never = new AbortController().signal;
/** Answers that were read. */
let answers = 0;
const call = (more: object = {}, signal = never) =>
  ask(
    {
      provider: "Test",
      url: new URL(`${fake.baseUrl}/x?serviceKey=${encodeURIComponent(secret)}`),
      timeoutMs: 10_000,
      firstRetryMs: 1,
      secrets: [secret],
      ...more,
    },
    (answer) => {
      answers += 1;
      const json = parseJson(answer.text);
      if (json === undefined) return failNotJson(answer);
      return answer.status >= 300 ? failByStatus(answer.status, answer.text) : succeed(json);
    },
    signal,
  );
const tries = async (trouble: Trouble, times?: number, more: object = {}) => {
  const before = fake.seen.length;
  fake.trouble(trouble, times);
  const result = await call(more);
  return { result, count: fake.seen.length - before };
};

test("an answer passes through", async () => {
  expect(await call()).toEqual({ ok: true, data: { fine: true } });
});

test.each([
  { status: 408, kind: "upstream", count: 3 },
  { status: 429, kind: "quota", count: 3 },
  { status: 500, kind: "upstream", count: 3 },
  { status: 502, kind: "upstream", count: 3 },
  { status: 503, kind: "upstream", count: 3 },
  { status: 504, kind: "upstream", count: 3 },
  { status: 501, kind: "upstream", count: 1 },
  { status: 400, kind: "invalid_request", count: 1 },
  { status: 401, kind: "auth", count: 1 },
  { status: 403, kind: "auth", count: 1 },
  { status: 404, kind: "invalid_request", count: 1 },
  { status: 422, kind: "invalid_request", count: 1 },
  { status: 302, kind: "bad_response", count: 1 },
] as const)("HTTP $status is $kind after $count tries", async ({ status, kind, count }) => {
  const seen = await tries({ status, body: "{}" });
  expect(seen.result).toMatchObject({ ok: false, kind, status });
  expect(seen.count).toBe(count);
});

test("a call that fails twice and then works, works", async () => {
  expect(await tries({ status: 503 }, 2)).toMatchObject({ result: { ok: true }, count: 3 });
});

test("the caller may do the retries itself", async () => {
  expect((await tries({ status: 503 }, undefined, { retries: 0 })).count).toBe(1);
});

test("a short Retry-After is waited for", async () => {
  const started = performance.now();
  const seen = await tries({ status: 429, headers: { "retry-after": "0.2" } }, 1);
  expect(seen).toMatchObject({ result: { ok: true }, count: 2 });
  expect(performance.now() - started).toBeGreaterThan(190);
});

test("a Retry-After beyond two seconds ends the call at once", async () => {
  const started = performance.now();
  const seen = await tries({ status: 429, headers: { "retry-after": "30" } });
  expect(seen).toMatchObject({ result: { ok: false, kind: "quota" }, count: 1 });
  expect(performance.now() - started).toBeLessThan(bound(1000));
});

test("a socket that dies is tried again, then `network`", async () => {
  expect(await tries("cut", 1)).toMatchObject({ result: { ok: true }, count: 2 });
  const seen = await tries("cut");
  expect(seen).toMatchObject({ result: { ok: false, kind: "network", retriable: true }, count: 3 });
});

test("nobody listening is `network`", async () => {
  const result = await call({ url: new URL("http://127.0.0.1:1/"), retries: 0 });
  expect(result).toMatchObject({ ok: false, kind: "network" });
});

test("silence is `timeout`, once, and the socket is closed", async () => {
  const before = fake.abandoned();
  const seen = await tries("hang", undefined, { timeoutMs: 1000 }); // long enough to arrive
  expect(seen).toMatchObject({ result: { ok: false, kind: "timeout" }, count: 1 });
  await fake.untilAbandoned(before + 1);
});

test("the caller's abort closes the socket within 300 ms and is not retriable", async () => {
  const before = fake.abandoned();
  const asked = fake.seen.length;
  const caller = new AbortController();
  fake.trouble("hang");
  const calling = call({}, caller.signal);
  await until(() => fake.seen.length > asked);
  caller.abort();
  expect(await fake.untilAbandoned(before + 1)).toBeLessThan(bound(300));
  expect(await calling).toMatchObject({ ok: false, kind: "timeout", retriable: false });
});

test("an abort during the wait between tries ends the call", async () => {
  const caller = new AbortController();
  const before = answers;
  fake.trouble({ status: 503 });
  const calling = call({ firstRetryMs: 60_000 }, caller.signal);
  await until(() => answers > before);
  // longer than two seconds only when the provider asks for it: our own wait is the caller's to end
  caller.abort();
  expect(await calling).toMatchObject({ ok: false, kind: "upstream" });
});

test("an HTML page is told as such", async () => {
  const { result } = await tries("html", undefined, { retries: 0 });
  expect(result).toMatchObject({ ok: false, kind: "upstream", status: 502 });
  expect(result.ok ? "" : result.message).toContain("HTML page");
});

test("a body over the cap is `bad_response`", async () => {
  const body = `"${"x".repeat(5 * 1024 * 1024)}"`;
  const { result } = await tries({ status: 200, body });
  expect(result).toMatchObject({ ok: false, kind: "bad_response" });
  const enough = { maxBytes: 6 * 1024 * 1024 };
  expect(await tries({ status: 200, body }, undefined, enough)).toMatchObject({
    result: { ok: true },
  });
});

test("a redirect is not followed, so that no key leaves for another host", async () => {
  const other = startFake(() => Response.json({ stolen: true }));
  await tries({ status: 302, headers: { location: `${other.baseUrl}/` } });
  expect(other.seen).toEqual([]);
  await other.stop();
});

test("no form of the key reaches a message, and messages stay short and on one line", async () => {
  const body = `bad ${secret} or ${encodeURIComponent(secret)}\n\u0007 serviceKey=abc ${"y".repeat(500)}`;
  const { result } = await tries({ status: 400, body });
  const message = result.ok ? "" : result.message;
  expect(message).toStartWith("Test: invalid_request HTTP 400 ");
  for (const part of ["sekret", "signs", "serviceKey=abc", "\n", "\u0007"]) {
    expect(message).not.toContain(part);
  }
  expect(message.length).toBeLessThan(300);
});

test("failures know whether they pass", () => {
  expect(fail("network", "x").retriable).toBe(true);
  expect(fail("auth", "x").retriable).toBe(false);
  expect(fail("not_found", "x").retriable).toBe(false);
});
