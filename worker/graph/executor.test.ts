import { expect, test } from "bun:test";
import { AppError } from "../../shared/errors.ts";
import { until } from "../../shared/testing/until.ts";
import { createExecutor } from "./executor.ts";
import type { Policy } from "./policies.ts";

const policy: Policy = {
  timeoutMs: 40,
  retries: 1,
  breakAfter: 2,
  failMode: "open",
  deadlineMs: 1000,
  priority: 0,
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
  const executor = createExecutor({ halfOpenAfterMs: 60 });
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
