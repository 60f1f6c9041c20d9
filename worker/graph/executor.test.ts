import { expect, test } from "bun:test";
import { AppError } from "../../shared/errors.ts";
import { until } from "../../shared/testing/until.ts";
import { fail, type FailureKind } from "../../shared/apis/result.ts";
import { dataOf } from "./api-failure.ts";
import { createExecutor } from "./executor.ts";
import type { Policy } from "./policies.ts";

const policy: Policy = {
  timeoutMs: 40,
  retries: 1,
  breakAfter: 2,
  failMode: "open",
  deadlineMs: 1000,
  priority: 0,
  atOnce: 2,
  waiting: 1,
};
const signal = new AbortController().signal;
const fails = () => Promise.reject(new Error("down"));

test("a success is handed on", async () => {
  const done = await createExecutor().run("n", policy, async () => "found", signal);
  expect(done).toMatchObject({ status: "success", result: "found", error: undefined });
});

test("a failure is tried again, as often as the policy says", async () => {
  let calls = 0;
  const work = () => (++calls === 2 ? Promise.resolve("found") : fails());
  expect(await createExecutor().run("n", policy, work, signal)).toMatchObject({
    status: "success",
  });
  calls = 9;
  expect(await createExecutor().run("n", policy, work, signal)).toMatchObject({
    status: "failed",
    error: "failed",
  });
  expect(calls).toBe(11);
});

test("a timeout is not tried again, and reaches the work as an abort", async () => {
  let calls = 0;
  let wasAborted = false;
  const work = (inner: AbortSignal) => {
    calls++;
    inner.addEventListener("abort", () => (wasAborted = true));
    return new Promise<never>(() => {});
  };
  const done = await createExecutor().run("n", policy, work, signal);
  expect(done).toMatchObject({ status: "timeout", error: "timeout" });
  expect([calls, wasAborted]).toEqual([1, true]);
});

test("what is not configured is neither tried again nor counted against the service", async () => {
  const executor = createExecutor();
  let calls = 0;
  const work = () => (calls++, Promise.reject(new AppError("NOT_CONFIGURED")));
  for (let i = 0; i < 5; i++) {
    expect(await executor.run("n", policy, work, signal)).toMatchObject({
      status: "failed",
      error: "not_configured",
    });
  }
  expect(calls).toBe(5);
});

test("the fallback answers when the work fails, and when the breaker is open", async () => {
  const executor = createExecutor();
  const withFallback = { ...policy, retries: 0, failMode: "fallback" } as const;
  for (let i = 0; i < 4; i++) {
    const done = await executor.run("n", withFallback, fails, signal, async () => "other way");
    expect(done).toMatchObject({
      status: "fallback_success",
      result: "other way",
      error: undefined,
    });
  }
  const done = await executor.run("n", withFallback, fails, signal, fails);
  expect(done.status).toBe("circuit_open");
});

test("the breaker opens after failures in a row, lets one call try, and closes or opens again", async () => {
  const executor = createExecutor({ halfOpenAfterMs: 500 });
  const once = { ...policy, retries: 0 };
  let calls = 0;
  let isDown = true;
  const work = async () => {
    calls++;
    if (isDown) throw new Error("down");
    return "found";
  };
  const run = async () => (await executor.run("n", once, work, signal)).status;
  expect([await run(), await run(), await run()]).toEqual(["failed", "failed", "circuit_open"]);
  expect(calls).toBe(2);
  // half open: the probe fails, the breaker opens again and is not shut for ever
  await until(async () => (await run()) === "failed");
  expect(await run()).toBe("circuit_open");
  isDown = false;
  await until(async () => (await run()) === "success");
  expect([await run(), await run()]).toEqual(["success", "success"]);
});

test("breakers are per name", async () => {
  const executor = createExecutor();
  for (let i = 0; i < 3; i++)
    await executor.run("broken", { ...policy, retries: 0 }, fails, signal);
  expect(await executor.run("other", policy, async () => 1, signal)).toMatchObject({
    status: "success",
  });
});

test("an aborted run throws its reason and counts against nobody", async () => {
  const executor = createExecutor();
  for (let i = 0; i < 4; i++) {
    const run = new AbortController();
    const work = (inner: AbortSignal) =>
      new Promise<never>((_, reject) =>
        inner.addEventListener("abort", () => reject(new Error("aborted"))),
      );
    const running = executor.run("n", policy, work, run.signal);
    run.abort("cancelled");
    expect(await running.catch((reason: unknown) => reason)).toBe("cancelled");
  }
  expect(await executor.run("n", policy, async () => 1, signal)).toMatchObject({
    status: "success",
  });
});

const fallsWith = (kind: FailureKind) => async () => dataOf(fail(kind, kind));

test.each([
  { kind: "network", calls: 2, error: "failed", opens: true },
  { kind: "upstream", calls: 2, error: "failed", opens: true },
  { kind: "timeout", calls: 1, error: "timeout", opens: true },
  { kind: "auth", calls: 1, error: "failed", opens: true },
  { kind: "quota", calls: 1, error: "failed", opens: true },
  { kind: "bad_response", calls: 1, error: "failed", opens: true },
  { kind: "invalid_request", calls: 1, error: "invalid_request", opens: false },
  { kind: "not_configured", calls: 1, error: "not_configured", opens: false },
  { kind: "not_found", calls: 1, error: undefined, opens: false },
] as const)(
  "a service that says $kind is called $calls times, and opens the breaker: $opens",
  async ({ kind, calls, error, opens }) => {
    const executor = createExecutor();
    let called = 0;
    const work = () => (called++, fallsWith(kind)());
    const first = await executor.run<unknown>("n", policy, work, signal);
    expect([first.error, called]).toEqual([error, calls]);
    for (let i = 0; i < 3; i++) await executor.run<unknown>("n", policy, work, signal);
    const then = await executor.run<unknown>("n", policy, work, signal);
    expect(then.status === "circuit_open").toBe(opens);
  },
);

test("the bulkhead lets so many in, some wait, and the rest are told at once", async () => {
  const executor = createExecutor();
  const gate = Promise.withResolvers<string>();
  const slow = { ...policy, timeoutMs: 5000 };
  const runs = [1, 2, 3, 4].map(() => executor.run("n", slow, () => gate.promise, signal));
  expect(await runs[3]).toMatchObject({ status: "failed", error: "busy" });
  gate.resolve("found");
  const done = await Promise.all(runs.slice(0, 3));
  expect(done.map(({ status }) => status)).toEqual(["success", "success", "success"]);
});
