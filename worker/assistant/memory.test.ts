import { expect, test } from "bun:test";
import { assistant as limits } from "../../shared/limits.ts";
import { estimateTokens, summaryOf } from "../memory/compress.ts";
import { turnOf } from "../memory/message.ts";
import { divide } from "./memory.ts";

/** So many turns of about so many tokens each. */
const session = (turns: number, tokens: number) =>
  Array.from({ length: turns }, (_, i) =>
    turnOf(`j${i}`, `질문 ${i}`, "가".repeat(2 * tokens)),
  ).flat();

test("what fits is told word for word", () => {
  const messages = session(5, 1000);
  expect(divide({ messages, summary: undefined })).toEqual({
    recent: messages,
    old: [],
    summary: null,
  });
});

test("what does not fit is to be summarised, whole turns, and the next turns fit again", () => {
  const messages = session(10, 1000);
  const { recent, old, summary } = divide({ messages, summary: undefined });
  expect(summary).toBeNull();
  expect([...old, ...recent]).toEqual(messages);
  expect(recent[0]?.role).toBe("user");
  expect(estimateTokens(recent)).toBeLessThanOrEqual(limits.windowTokens * limits.keptShare);
  const upTo = old.at(-1)?.id.split(":")[0] ?? "";
  const kept = { upTo, summary: summaryOf("요약") };
  const next = divide({ messages: [...messages, ...turnOf("new", "또", "답")], summary: kept });
  expect(next.old).toEqual([]);
  expect(next.summary).toEqual(summaryOf("요약"));
  expect(next.recent.at(-1)?.content).toBe("답");
});

test("a single turn beyond the window is summarised too, and a summary of turns long gone does not count", () => {
  const messages = session(1, 10_000);
  expect(divide({ messages, summary: undefined })).toEqual({
    recent: [],
    old: messages,
    summary: null,
  });
  const stale = { upTo: "gone", summary: summaryOf("옛 요약") };
  expect(divide({ messages: session(2, 10), summary: stale }).summary).toBeNull();
});
