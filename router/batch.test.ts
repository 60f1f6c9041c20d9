import { expect, test } from "bun:test";
import { collect, isAbove, marksOf, type RawEntry } from "./batch.ts";

const entry = (job: string, id: string, event: string, data = "{}"): RawEntry => [
  `1-${id}`,
  ["job_id", job, "id", id, "event", event, "data", data],
];

test("one message per job holds its events in order, one line each", () => {
  const batch = collect([
    entry("a", "1-1", "intent", '{"x":1}'),
    entry("b", "1-1", "token"),
    entry("a", "1-2", "token"),
  ]);
  expect(batch.jobs.get("a")?.messages).toEqual(['1-1 intent {"x":1}\n1-2 token {}']);
  expect(batch.jobs.get("b")?.messages).toEqual(["1-1 token {}"]);
  expect(batch.entryIds).toHaveLength(3);
});

test("the latest stage is the state; tokens and snapshots never are", () => {
  const batch = collect([
    entry("a", "1-1", "intent", '{"n":1}'),
    entry("a", "1-2", "answer", '{"n":2}'),
    entry("a", "1-3", "token"),
    entry("a", "1-4", "token_recovery"),
    entry("b", "2-1", "token"),
  ]);
  expect(marksOf(batch)).toEqual([
    { jobId: "a" as never, lastId: "1-4", state: { id: "1-2", data: '{"n":2}' } },
    { jobId: "b" as never, lastId: "2-1", state: undefined },
  ]);
});

test("a message is cut between events before it grows past its bound; an event never is", () => {
  const long = JSON.stringify("x".repeat(200 * 1024));
  const huge = JSON.stringify("y".repeat(900 * 1024));
  const batch = collect([
    entry("a", "1-1", "token", long),
    entry("a", "1-2", "token", long),
    entry("a", "1-3", "done", huge),
  ]);
  const messages = batch.jobs.get("a")?.messages ?? [];
  expect(messages.map((message) => message.split(" ")[0])).toEqual(["1-1", "1-2", "1-3"]);
  expect(messages.every((message) => !message.includes("\n"))).toBe(true);
});

test("what is at or below a watermark is known", () => {
  const batch = collect(
    [entry("a", "5-9", "token"), entry("a", "5-10", "token"), entry("b", "1-1", "token")],
    new Map([["a", "5-9"]]),
  );
  expect(batch.known).toEqual(["1-5-9"]);
  expect(batch.jobs.get("a")?.messages).toEqual(["5-10 token {}"]);
  expect(batch.jobs.has("b")).toBe(true);
});

test.each([
  { name: "no job id", fields: ["id", "1-1", "event", "token", "data", "{}"] },
  { name: "no id", fields: ["job_id", "a", "event", "token", "data", "{}"] },
  {
    name: "an id that is none",
    fields: ["job_id", "a", "id", "1-", "event", "token", "data", "{}"],
  },
  {
    name: "an event name with a space",
    fields: ["job_id", "a", "id", "1-1", "event", "a b", "data", "{}"],
  },
  {
    name: "a body of two lines",
    fields: ["job_id", "a", "id", "1-1", "event", "token", "data", "{\n}"],
  },
  { name: "an empty body", fields: ["job_id", "a", "id", "1-1", "event", "token", "data", ""] },
])("poison: $name", ({ fields }) => {
  const batch = collect([["7-0", [...fields]]]);
  expect(batch.poison).toEqual([{ entryId: "7-0", fields: fields.filter((_, i) => i % 2 === 0) }]);
  expect(batch.entryIds).toEqual(["7-0"]);
  expect(batch.jobs.size).toBe(0);
});

test("fields in another order, with others between, are read all the same", () => {
  const batch = collect([
    ["7-0", ["v", "2", "data", "{}", "event", "token", "job_id", "a", "id", "3-1"]],
  ]);
  expect(batch.jobs.get("a")?.messages).toEqual(["3-1 token {}"]);
});

test("an entry that vanished while it was pending is acknowledged and counted", () => {
  const batch = collect([["7-0", null]]);
  expect(batch.vanished).toEqual(["7-0"]);
  expect(batch.entryIds).toEqual(["7-0"]);
});

test.each([
  ["2-1", "1-9", true],
  ["1-10", "1-9", true],
  ["1-9", "1-9", false],
  ["1795212587761-2", "999-3", true],
  ["1-1", "garbage", true],
])("%s above %s: %p", (a, b, expected) => expect(isAbove(a, b)).toBe(expected));
