import { expect, test } from "bun:test";
import type { JobUpdate } from "../../client/updates.ts";
import { advance, newRun, type Run } from "./run.ts";

const held = { text: "", lastEventId: undefined, lastSeq: undefined };
const stage = (id: string, name: string, status: string, more: object = {}): JobUpdate =>
  ({
    type: "stage",
    id,
    held,
    event: { stage: name, status, ts: "100.00", progress: 10, result: null, message: "", ...more },
  }) as unknown as JobUpdate;
const token = (id: string): JobUpdate => ({ type: "token", id, content: "a", text: "a", held });
const done = (status: string): JobUpdate =>
  ({
    type: "done",
    id: "1-9",
    status,
    message: "",
    text: "",
    check: "intact",
    result: { tokens: 7 },
  }) as unknown as JobUpdate;
const after = (...updates: JobUpdate[]): Run =>
  updates.reduce((run, update) => advance(run, update, 1000), newRun("j", 0));

test.each([
  ["started", "running"],
  ["completed", "done"],
  ["failed", "failed"],
  ["skipped", "skipped"],
  ["fallback", "fallback"],
  ["waiting", "asking"],
] as const)("a stage that is %s shows as %s", (status, state) => {
  expect(after(stage("1-1", "intent", status)).nodes[0]?.state).toBe(state);
});

test("a node that went the other way keeps the mark when it completes", () => {
  const run = after(stage("1-1", "weather", "fallback"), stage("1-2", "weather", "completed"));
  expect(run.nodes[0]?.state).toBe("fallback");
});

test("durations are the server's", () => {
  const run = after(
    stage("1-1", "intent", "started"),
    stage("1-2", "intent", "completed", { ts: "100.40" }),
  );
  expect(run.nodes).toMatchObject([{ startedAt: 100, endedAt: 100.4 }]);
});

test("an event told twice counts once", () => {
  const once = after(stage("1-1", "intent", "started"));
  expect(advance(once, stage("1-1", "intent", "started"), 2000)).toBe(once);
});

test("progress never falls", () => {
  const run = after(stage("1-1", "a", "started", { progress: 40 }), stage("1-2", "b", "started"));
  expect(run.progress).toBe(40);
});

test("tokens in a row are one line", () => {
  const { log, tokens } = after(
    token("1-1"),
    token("1-2"),
    stage("1-3", "answer", "completed"),
    token("1-4"),
  );
  expect(log.map(({ event, id, lastId, count }) => [event, id, lastId, count])).toEqual([
    ["token", "1-1", "1-2", 2],
    ["answer", "1-3", "1-3", 1],
    ["token", "1-4", "1-4", 1],
  ]);
  expect(tokens).toBe(3);
});

test("a new attempt starts the nodes over and is counted", () => {
  const reset: JobUpdate = { type: "snapshot", id: "2-1", reset: true, text: "", held };
  const run = after(stage("1-1", "intent", "completed"), token("1-2"), reset);
  expect(run).toMatchObject({ attempts: 2, nodes: [], tokens: 0 });
  expect(run.log.at(-1)).toMatchObject({ event: "token_recovery", status: "reset" });
});

test("a question stands until it is answered or given up", () => {
  const asked = stage("1-1", "needs_input", "waiting", {
    result: { input_type: "location", timeout: 30 },
  });
  const run = after(asked, stage("1-2", "location", "waiting"));
  expect(run.question).toMatchObject({ inputType: "location", untilMs: 31_000 });
  expect(advance(run, stage("1-3", "location", "resumed"), 0).question).toBeNull();
  expect(advance(run, stage("1-3", "location", "skipped"), 0).question).toBeNull();
  expect(advance(run, done("cancelled"), 0).question).toBeNull();
});

test("the end closes what was under way", () => {
  expect(after(stage("1-1", "answer", "started"), done("completed")).nodes[0]?.state).toBe("done");
  expect(after(stage("1-1", "answer", "started"), done("failed")).nodes[0]?.state).toBe("failed");
});
