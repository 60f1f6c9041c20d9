import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Frame } from "../client.ts";
import { type Flaw, StreamCheck } from "./verify.ts";

const token = (id: string, seq: number, content: string): Frame => ({
  id,
  event: "token",
  data: { seq, content },
});
const done = (id: string, answer: string, tokens: number, status = "completed"): Frame => ({
  id,
  event: "done",
  data: {
    status,
    result: { answer, tokens, sha256: createHash("sha256").update(answer).digest("hex") },
  },
});
const stage = (id: string, progress: number): Frame => ({
  id,
  event: "intent",
  data: { progress },
});
const reset = (id: string, last: number, accumulated = ""): Frame => ({
  id,
  event: "token_recovery",
  data: { accumulated, last_seq: last, ...(accumulated === "" ? { reset: true } : {}) },
});

const check = (frames: Frame[]) => {
  const stream = new StreamCheck("job");
  for (const frame of frames) stream.frame(frame);
  return stream.violations.map((violation) => violation.flaw);
};

const sound: { name: string; frames: Frame[] }[] = [
  {
    name: "plain",
    frames: [token("5-1", 1001, "a"), token("5-2", 1002, "b"), done("5-3", "ab", 2)],
  },
  {
    name: "a second attempt",
    frames: [
      token("5-1", 1001, "a"),
      reset("6-1", 1001),
      token("6-2", 1002, "x"),
      token("6-3", 1003, "y"),
      done("6-4", "xy", 2),
    ],
  },
  {
    name: "a late reader",
    frames: [reset("5-2", 1002, "ab"), token("5-3", 1003, "c"), done("5-4", "abc", 3)],
  },
  { name: "after the end", frames: [done("5-3", "ab", 2)] },
  {
    name: "a store that lost the log",
    frames: [
      token("5-1", 1001, "a"),
      { ...reset("0-0", 0), data: { accumulated: "", last_seq: 0, reset: true } },
      token("6-1", 1001, "x"),
      done("6-2", "x", 1),
    ],
  },
];
test.each(sound)("$name has no flaw", ({ frames }) => expect(check(frames)).toEqual([]));

describe("a flaw is seen:", () => {
  const cases: { name: Flaw; frames: Frame[] }[] = [
    {
      name: "lost",
      frames: [token("5-1", 1001, "a"), token("5-3", 1003, "c"), done("5-4", "ac", 2)],
    },
    { name: "lost", frames: [token("5-1", 1001, "a"), done("5-3", "ab", 2)] },
    {
      name: "repeated",
      frames: [token("5-1", 1001, "a"), token("5-2", 1001, "a"), done("5-3", "aa", 2)],
    },
    {
      name: "reordered",
      frames: [token("5-2", 1001, "a"), token("5-1", 1002, "b"), done("5-3", "ab", 2)],
    },
    { name: "double_ending", frames: [done("5-1", "a", 1), done("5-2", "a", 1)] },
    {
      name: "lost",
      frames: [stage("5-1", 10), token("5-3", 1001, "a"), done("5-4", "a", 1)],
    },
    { name: "lost", frames: [token("5-1", 1001, "a"), reset("6-1", 1001), done("6-2", "b", 1)] },
    { name: "reordered", frames: [stage("5-1", 20), stage("5-2", 10)] },
    { name: "wrong_text", frames: [token("5-1", 1001, "a"), done("5-3", "x", 1)] },
  ];
  test.each(cases)("$name", ({ name, frames }) => expect(check(frames)).toContain(name));

  test("unended", () => {
    const stream = new StreamCheck("job");
    stream.gaveUp(1000);
    expect(stream.violations.map((one) => one.flaw)).toEqual(["unended"]);
  });

  test("wrong_rows", () => {
    const stream = new StreamCheck("job");
    stream.frame(done("5-1", "a", 1));
    expect(stream.rowsFlaw([{ role: "user", content: "q" }], "q")?.flaw).toBe("wrong_rows");
    const rows = [
      { role: "user", content: "q" },
      { role: "assistant", content: "a" },
    ];
    expect(stream.rowsFlaw(rows, "q")).toBeUndefined();
  });
});
