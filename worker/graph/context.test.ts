import { expect, test } from "bun:test";
import { type Context, reduceContext, reset } from "./context.ts";

const of = (over: Partial<Context<string>>): Context<string> => ({
  _priority: 50,
  _sequence: 1,
  _producer: "x",
  _created_at: 0,
  _is_fallback: false,
  success: true,
  error: undefined,
  data: "old",
  ...over,
});
const old = of({});
const other = of({ data: "new" });

test.each([
  { name: "a reset clears", existing: old, update: reset, kept: null },
  { name: "nothing new keeps what is there", existing: old, update: null, kept: old },
  { name: "nothing there takes what is new", existing: null, update: other, kept: other },
  {
    name: "success beats failure",
    existing: of({ success: false, _priority: 0 }),
    update: other,
    kept: other,
  },
  {
    name: "failure does not beat success",
    existing: old,
    update: of({ success: false, _priority: 0 }),
    kept: old,
  },
  {
    name: "the lower priority number wins",
    existing: old,
    update: of({ _priority: 25, data: "n" }),
    kept: of({ _priority: 25, data: "n" }),
  },
  {
    name: "the higher priority number loses",
    existing: old,
    update: of({ _priority: 65, _sequence: 9 }),
    kept: old,
  },
  {
    name: "of equals the later wins",
    existing: old,
    update: of({ _sequence: 2, data: "n" }),
    kept: of({ _sequence: 2, data: "n" }),
  },
  { name: "of equals at once the new one wins", existing: old, update: other, kept: other },
  {
    name: "of equals the earlier loses",
    existing: of({ _sequence: 3 }),
    update: other,
    kept: of({ _sequence: 3 }),
  },
])("$name", ({ existing, update, kept }) => {
  expect(reduceContext(existing, update)).toEqual(kept);
});
