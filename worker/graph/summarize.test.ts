import { expect, test } from "bun:test";
import { createLog } from "../../shared/log.ts";
import { says } from "../../shared/testing/says.ts";
import { turnOf } from "../memory/message.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import type { RunContext } from "./run-context.ts";
import type { State } from "./state.ts";
import { needsSummary, summarize } from "./summarize.ts";

const five = "## 사용자 요청\n- a\n## 목표\n- b\n## 한 일\n- c\n## 남은 일\n- d\n## 핵심 맥락\n- e";
const messages = (turns: number) =>
  Array.from({ length: turns }, (_, i) =>
    turnOf(`j${i}`, "가".repeat(1000), "나".repeat(1000)),
  ).flat();

function given(model: string, llm: Llm, turns: number) {
  const stages: string[] = [];
  const run = {
    llm,
    modelName: model,
    signal: new AbortController().signal,
    log: createLog(() => {}),
    stage: (stage: string, status: string) => stages.push(`${stage} ${status}`),
  } as unknown as RunContext;
  const state = { messages: messages(turns), summary: null } as unknown as State;
  return { run, state, stages };
}

test.each([
  { model: "local", turns: 32, needs: false },
  { model: "local", turns: 33, needs: true },
  { model: "gpt-5.2", turns: 33, needs: false },
  { model: "gpt-5.2", turns: 273, needs: true },
  { model: "gemini-3-flash-preview", turns: 273, needs: false },
])("$turns turns need a summary with $model: $needs", ({ model, turns, needs }) => {
  const { run, state } = given(model, says(), turns);
  expect(needsSummary(state, run)).toBe(needs);
});

test("a good summary takes the place of the old messages", async () => {
  const prompts: Prompt[] = [];
  const llm: Llm = (prompt, signal) => (prompts.push(prompt), says(five)(prompt, signal));
  const { run, state, stages } = given("gpt-5.2", llm, 273);
  const update = await summarize(state, run);
  expect(update.summary).toEqual({ id: "summary", role: "system", content: five });
  expect(update.messages).toHaveLength(546 - 80);
  expect(stages).toEqual(["summarize started", "summarize completed"]);
  expect(prompts[0]?.question.length).toBeLessThanOrEqual(2 * 0.7 * 272_000);
});

test.each([
  { name: "fails", llm: says(() => Promise.reject(new Error("socket"))) },
  { name: "says nothing", llm: says() },
  { name: "says something else", llm: says("무엇을 도와드릴까요?") },
])("a model that $name leaves everything as it was", async ({ llm }) => {
  const { run, state, stages } = given("gpt-5.2", llm, 273);
  expect(await summarize(state, run)).toEqual({});
  expect(stages).toEqual(["summarize started", "summarize failed"]);
});

test("without a model the summary is taken from the messages", async () => {
  const { run, state } = given("local", says(), 40);
  const update = await summarize(state, run);
  expect(JSON.stringify(update.summary)).toContain("## 사용자 요청");
  expect((update.messages as unknown[]).length).toBe(80 - 32);
});
