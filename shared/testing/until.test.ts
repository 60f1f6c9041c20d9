import { expect, test } from "bun:test";
import { until } from "./until.ts";

test("returns the first truthy value, through throws and falsy ones", async () => {
  const answers = [() => 0, () => Promise.reject(new Error("not yet")), () => "there"];
  expect(await until(() => answers.shift()?.())).toBe("there");
});

test("says what it waited for, and why the last look failed", async () => {
  const look = () => Promise.reject(new Error("no such row"));
  const waiting = until(look, { timeoutMs: 10, what: "the row" });
  const error = await waiting.then(
    () => undefined,
    (it: unknown) => it,
  );
  expect(error).toMatchObject({
    message: "not within 10 ms: the row",
    cause: { message: "no such row" },
  });
});
