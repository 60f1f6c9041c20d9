import { afterAll, beforeEach, expect, test } from "bun:test";
import { systemClock as clock } from "../../shared/clock.ts";
import { fakeOpenAi, type OpenAiReply } from "../../tests/fakes/fake-openai.ts";
import { openaiClient } from "../llm/openai.ts";
import { collectionPoint } from "./collection-point.ts";
import type { Services } from "./run-context.ts";
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
let searched: (string | undefined)[] = [];
beforeEach(() => {
  [calls, searched] = [0, []];
});
const points: Services["points"] = (itemType) => async () => {
  searched.push(itemType);
  return undefined;
};
const { work } = collectionPoint(createTools(clock, { services: { points } }));
const said = (args: unknown): OpenAiReply => ({
  calls: [
    {
      name: "collection_points",
      arguments: typeof args === "string" ? args : JSON.stringify(args),
    },
  ],
});
const unnamed = "다 써서 안 켜지는 그거 넣는 수거함 어디야?";

test("a box that words name is looked up without a model", async () => {
  const found = await work(asking("폐건전지 수거함 어디야?", { model }), signal);
  expect(found?.map(({ name }) => name)).toEqual(["폐건전지 수거함"]);
  expect([calls, searched]).toEqual([0, ["battery"]]);
});

test("a model names the box that words do not", async () => {
  reply = said({ item_type: "battery" });
  const found = await work(asking(unnamed, { model }), signal);
  expect(found?.map(({ name }) => name)).toEqual(["폐건전지 수거함"]);
  expect(searched).toEqual(["battery"]);
});

test.each([
  ["arguments that never parse", said("{")],
  ["a box nobody has", said({ item_type: "moon_dust" })],
  ["no box", said({})],
  ["words instead of a call", { text: "건전지요" }],
])("%s leave what the words say", async (_name, answer) => {
  reply = answer;
  const found = await work(asking(unnamed, { model }), signal);
  expect(found).toEqual(await work(asking(unnamed), signal));
  expect(searched).toEqual([undefined, undefined]);
});
