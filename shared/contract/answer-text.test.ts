import { expect, test } from "bun:test";
import { addToText, noText, sha256Hex } from "./answer-text.ts";

const token = (seq: number, content: string, first_seq?: number) =>
  [
    "token",
    JSON.stringify({ seq, content, ...(first_seq === undefined ? {} : { first_seq }) }),
  ] as const;

test("tokens add up, joined ones count each", () => {
  const entries = [
    ["intent", "{}"] as const,
    token(1001, "라벨을 "),
    token(1004, "떼고 헹궈요", 1002),
  ];
  const text = entries.reduce((held, [event, data]) => addToText(held, event, data), noText);
  expect(text).toEqual({ text: "라벨을 떼고 헹궈요", tokens: 4, lastSeq: 1004 });
});

test("a reset starts over, and token numbers go on", () => {
  const reset = JSON.stringify({ accumulated: "", last_seq: 1002, reset: true });
  const entries = [
    token(1001, "a"),
    token(1002, "b"),
    ["token_recovery", reset] as const,
    token(1003, "c"),
  ];
  const text = entries.reduce((held, [event, data]) => addToText(held, event, data), noText);
  expect(text).toEqual({ text: "c", tokens: 1, lastSeq: 1003 });
});

test("the checksum is sha256 of the UTF-8 bytes", () => {
  expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
