import { expect, test } from "bun:test";
import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { validate } from "./body.ts";

const types = ["image/png", "image/jpeg"] as const;
const Body = v.object({
  type: v.picklist(types, `must be one of ${types.join(", ")}`),
  how: v.nullish(v.picklist(["enqueue", "reject"])),
  name: v.pipe(v.string(), v.minLength(2)),
  id: v.optional(v.pipe(v.string(), v.uuid())),
  count: v.optional(v.pipe(v.number(), v.integer(), v.maxValue(5))),
});
const good = { type: "image/png", name: "ab" };

function refusal(value: unknown) {
  try {
    validate(Body, value);
  } catch (cause) {
    if (cause instanceof AppError) return cause.errors;
  }
  return undefined;
}

test.each([
  ["the author's own sentence", { type: "secret" }, "type", "must be one of image/png, image/jpeg"],
  ["what is missing", { type: undefined }, "type", "is required"],
  ["what a list allows", { how: "secret" }, "how", 'must be ("enqueue" | "reject")'],
  ["the kind of value", { name: 7 }, "name", "must be string"],
  ["a length", { name: "x" }, "name", "must have a length >=2"],
  ["a form", { id: "secret" }, "id", "must be a valid uuid"],
  ["a bound", { count: 77 }, "count", "must be <=5"],
])("a refusal tells %s, and never what was sent", (_name, wrong, path, message) => {
  expect(refusal({ ...good, ...wrong })).toEqual([{ path, message }]);
  expect(JSON.stringify(refusal({ ...good, ...wrong }))).not.toMatch(/secret|77/);
});

test("a good value is not refused", () => expect(refusal(good)).toBeUndefined());
