import { afterAll, expect, test } from "bun:test";
import { fakeModelKey, fakeModels } from "../../tests/fakes/fake-models.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { openaiClient } from "../llm/openai.ts";
import { evaluateFound } from "./feedback.ts";
import { createTools } from "./tools.ts";

const [openai, google] = fakeModels();
if (!openai || !google) throw new Error("no fake");
afterAll(() => Promise.all([openai.server.stop(), google.server.stop()]));
const model = openaiClient({
  key: fakeModelKey,
  baseUrl: openai.server.baseUrl,
  model: "gpt-5.2",
  retries: 0,
});
const { advise, retrieval } = createTools(systemClock);
const run = { model, signal: new AbortController().signal, log: createLog(() => {}) };
const found = () => {
  const [first] = retrieval.find("페트병 버리는 법");
  if (!first) throw new Error("nothing found");
  return { advice: [advise(first)], method: "alias", mascot: undefined };
};
/** Found, but without anything to do: the rule gives it 0.5 and what the words add. */
const thin = () => ({
  ...found(),
  advice: found().advice.map((one) => ({ ...one, steps: [], destination: "" })),
});
const long = "어제 동네 마트에서 사 온 큰 물건";

test("a good rule score asks no model", async () => {
  const before = openai.server.seen.length;
  expect((await evaluateFound("페트병", found(), run)).quality).toBe("excellent");
  expect(openai.server.seen.length).toBe(before);
});

test("below good the better of rule and model counts", async () => {
  openai.next({ text: JSON.stringify({ score: 0.95, reason: "" }) });
  expect(await evaluateFound(long, thin(), run)).toEqual({ score: 0.95, quality: "excellent" });
  openai.next({ text: JSON.stringify({ score: 0.1, reason: "" }) });
  expect((await evaluateFound(long, thin(), run)).quality).toBe("partial");
});

test("a model that fails, or answers out of range, leaves the rule's score", async () => {
  for (const text of ["good", JSON.stringify({ score: 9, reason: "" })]) {
    openai.next({ text });
    expect((await evaluateFound(long, thin(), run)).quality).toBe("partial");
  }
});

test("nothing found is rated none without asking", async () => {
  const before = openai.server.seen.length;
  expect((await evaluateFound("모름", undefined, run)).quality).toBe("none");
  expect(openai.server.seen.length).toBe(before);
});
