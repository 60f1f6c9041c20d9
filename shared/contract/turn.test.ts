import { expect, test } from "bun:test";
import { buildTurn, readTurns } from "./turn.ts";

const turn = buildTurn({
  jobId: "j",
  question: '{name} "quoted" {{x}}',
  askedAtMs: 1,
  answer: "답",
  answeredAtMs: 2,
  isInterrupted: true,
});

test("what is written is read back, the oldest first", () => {
  expect(readTurns([turn.ai, turn.human])).toEqual([
    { role: "user", content: '{name} "quoted" {{x}}', ts: 1, jobId: "j", isInterrupted: false },
    { role: "assistant", content: "답", ts: 2, jobId: "j", isInterrupted: true },
  ]);
});

test("what other stores of this shape write is read too, parts joined by newlines", () => {
  const foreign = JSON.stringify({
    type: "ai",
    data: { content: [{ type: "text", text: "one" }, "two", { type: "image_url" }], name: null },
  });
  expect(readTurns([foreign])).toMatchObject([{ role: "assistant", content: "one\ntwo" }]);
});

test("what is no message is left out", () => {
  const others = ["", "{", "1", '{"type":"system","data":{"content":"x"}}', '{"type":"ai"}'];
  expect(readTurns(others)).toEqual([]);
});
