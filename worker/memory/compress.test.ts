import { describe, expect, test } from "bun:test";
import {
  acceptSummary,
  estimateTokens,
  outgrown,
  sizesFor,
  summaryOf,
  transcript,
} from "./compress.ts";
import { extractSummary } from "./extract.ts";
import { type MemoryMessage, turnOf } from "./message.ts";

/** Turns of `chars` characters each message. */
const chat = (turns: number, chars: number): MemoryMessage[] =>
  Array.from({ length: turns }, (_, i) =>
    turnOf(`job-${i}`, `q${i} `.padEnd(chars, "가"), `a${i} `.padEnd(chars, "나")),
  ).flat();

describe("the sizes of a model", () => {
  test.each([
    { model: "gpt-5.2", trigger: 272_000, summary: 60_000, kept: 80 },
    { model: "gpt-5.2-thinking", trigger: 272_000, summary: 60_000, kept: 80 },
    { model: "gpt-5.1", trigger: 272_000, summary: 60_000, kept: 80 },
    { model: "gpt-5-mini", trigger: 272_000, summary: 60_000, kept: 80 },
    { model: "gemini-3-flash-preview", trigger: 936_000, summary: 65_536, kept: 80 },
    { model: "google/gemini-3-pro-preview", trigger: 936_000, summary: 65_536, kept: 80 },
    { model: "gemini-3-pro-preview-0915", trigger: 936_000, summary: 65_536, kept: 80 },
    { model: "llama3", trigger: 272_000, summary: 60_000, kept: 80 },
    { model: "local", trigger: 32_000, summary: 20_000, kept: 32 },
  ])("$model: from $trigger tokens on, into $summary, $kept messages stay", (row) => {
    const sizes = sizesFor(row.model);
    expect([sizes.triggerTokens, sizes.summaryTokens, sizes.protectedMessages]).toEqual([
      row.trigger,
      row.summary,
      row.kept,
    ]);
    expect(sizes.inputTokens).toBe(Math.floor(row.trigger * 0.7));
  });
});

describe("what outgrows a model", () => {
  test.each([
    {
      name: "exactly at the trigger nothing does",
      turns: 272,
      chars: 1000,
      trigger: 272_000,
      old: 0,
    },
    { name: "above it all but the protected", turns: 273, chars: 1000, trigger: 272_000, old: 466 },
    {
      name: "long messages are protected by tokens",
      turns: 40,
      chars: 4000,
      trigger: 99_000,
      old: 60,
    },
    { name: "the last ten always stay", turns: 40, chars: 9000, trigger: 170_000, old: 70 },
    { name: "ten are never too many", turns: 5, chars: 100_000, trigger: 99_000, old: 0 },
  ])("$name", ({ turns, chars, trigger, old }) => {
    const messages = chat(turns, chars);
    const gone = outgrown(messages, null, { ...sizesFor("gpt-5.2"), triggerTokens: trigger });
    expect(gone).toHaveLength(old);
    expect([...gone, ...messages.slice(gone.length)]).toEqual(messages);
  });

  test("the same chat outgrows one model and not the other, and the summary counts", () => {
    const messages = chat(300, 1000);
    expect(outgrown(messages, null, sizesFor("gpt-5.2")).length).toBeGreaterThan(0);
    expect(outgrown(messages, null, sizesFor("gemini-3-flash-preview"))).toEqual([]);
    const fits = chat(272, 1000);
    expect(outgrown(fits, summaryOf("요약"), sizesFor("gpt-5.2")).length).toBeGreaterThan(0);
  });

  test("two characters are one token", () => {
    expect(estimateTokens([{ content: "가나다라" }, { content: "ab" }])).toBe(3);
  });
});

describe("what a summarizer reads and says", () => {
  const sizes = { ...sizesFor("gpt-5.2"), inputTokens: 100 };

  test("fits whole, or loses its beginning, or does not fit", () => {
    const old = turnOf("j", "처음", "마지막");
    expect(transcript(old, summaryOf("앞의 요약"), 10, sizes)).toBe(
      "[지난 요약]\n앞의 요약\n\n[user] 처음\n[assistant] 마지막",
    );
    const long = transcript(chat(20, 50), null, 20, sizes) ?? "";
    expect(long.length).toBe(Math.floor((200 - 20) * 0.9));
    expect(long).toEndWith("나");
    expect(transcript(old, summaryOf("가".repeat(200)), 10, sizes)).toBeUndefined();
  });

  const five = "## 1\n- a\n## 2\n- b\n## 3\n- c\n## 4\n- d\n## 5\n- e";
  test.each([
    { name: "five sections", text: ` ${five}\n`, ok: true },
    { name: "nothing", text: " ", ok: false },
    { name: "an apology", text: "죄송하지만 요약할 수 없어요.", ok: false },
    { name: "four sections", text: five.replace("## 5", ""), ok: false },
    { name: "more than its budget", text: `${five}\n${"가".repeat(130_000)}`, ok: false },
  ])("$name: $ok", ({ text, ok }) => {
    expect(acceptSummary(text, sizes)).toBe(ok ? text.trim() : undefined);
  });
});

describe("a summary without a model", () => {
  const old = [
    ...turnOf(
      "1",
      "페트병 어떻게 버려?\n급해요",
      "**페트병**은 투명페트병으로\n주의: 뚜껑을 닫아요",
    ),
    ...turnOf("2", "## 소파 수수료는?", "수수료는 구청마다 달라요"),
    ...turnOf("3", "취소한 질문", null),
  ];

  test("has five sections, the requests word for word, and what stays open", () => {
    const text = extractSummary(old, null, 10_000);
    expect(text.match(/^## .+$/gm)).toEqual([
      "## 사용자 요청",
      "## 목표",
      "## 한 일",
      "## 진행 중이거나 남은 일",
      "## 핵심 맥락",
    ]);
    expect(text).toContain("- 페트병 어떻게 버려? 급해요");
    expect(text).toContain("- 소파 수수료는?");
    expect(text).toContain("- 주의: 뚜껑을 닫아요");
    expect(text.split("## 진행 중이거나 남은 일")[1]).toContain("취소한 질문");
    expect(acceptSummary(text, sizesFor("local"))).toBe(text);
  });

  test("goes on from the one before, each line once, the newest kept", () => {
    const first = extractSummary(old, null, 10_000);
    const second = extractSummary(turnOf("4", "유리병은?", "헹궈요"), summaryOf(first), 10_000);
    expect(second).toContain("- 페트병 어떻게 버려? 급해요");
    expect(second).toContain("- 유리병은?");
    expect(extractSummary([], summaryOf(second), 10_000)).toBe(second);
    const tight = extractSummary(turnOf("5", "캔은?", "눌러요"), summaryOf(second), 80);
    expect(tight.length).toBeLessThanOrEqual(150);
    expect(tight).toContain("캔은?");
    expect(tight).not.toContain("페트병");
  });

  test("is in the language of the person", () => {
    const text = extractSummary(
      turnOf("1", "How do I throw away a bottle?", "Rinse it"),
      null,
      999,
    );
    expect(text).toStartWith("## User requests");
  });
});
