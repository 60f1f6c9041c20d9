import { afterAll, expect, test } from "bun:test";
import { systemClock as clock } from "../../shared/clock.ts";
import { fakeOpenAi, type OpenAiReply } from "../../tests/fakes/fake-openai.ts";
import { openaiClient } from "../llm/openai.ts";
import { recyclablePrice } from "./recyclable-price.ts";
import { asking } from "./testing/asking.ts";
import { createTools } from "./tools.ts";

let reply: OpenAiReply = {};
let calls = 0;
const openai = fakeOpenAi(() => (calls++, reply));
afterAll(() => openai.stop());
const model = openaiClient({
  key: "k-0123456789",
  baseUrl: openai.baseUrl,
  retries: 0,
  model: "m",
});
const { signal } = new AbortController();
const { work } = recyclablePrice(createTools(clock));
const said = (name: string, args: unknown) => ({
  calls: [{ name, arguments: typeof args === "string" ? args : JSON.stringify(args) }],
});

test("what words name is looked up without a model", async () => {
  calls = 0;
  const found = await work(asking("신문지 시세 알려줘", { model }), signal);
  expect(found?.found.map(({ name }) => name)).toContain("신문지");
  expect(calls).toBe(0);
});

test("a model names what words do not", async () => {
  reply = said("recyclable_prices", { item_name: "신문지", region: "경기" });
  const found = await work(asking("아침마다 오는 그거 모아 둔 거 얼마 받아?", { model }), signal);
  expect(found?.found.map(({ name }) => name)).toContain("신문지");
  expect(found?.region).not.toBe("전국평균");
});

test.each([
  ["arguments that never parse", said("recyclable_prices", "{")],
  ["an unknown tool", said("drop_tables", {})],
  ["a thing nobody surveys", said("recyclable_prices", { item_name: "달" })],
  ["words instead of a call", { text: "비싸요" }],
])("%s leave what the words say", async (_name, answer) => {
  reply = answer;
  const text = "아침마다 오는 그거 모아 둔 거 얼마 받아?";
  const found = await work(asking(text, { model }), signal);
  expect(found).toEqual(await work(asking(text), signal));
});
