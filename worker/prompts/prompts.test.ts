import { expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { intents } from "../../shared/contract/stages.ts";
import { middles } from "../knowledge/classes.ts";
import { answerPrompt, prompts, readPrompt } from "./prompts.ts";

test("every prompt file begins with its version and is Korean", async () => {
  let count = 0;
  for await (const path of new Glob("**/*.md").scan(import.meta.dir)) {
    const file = await Bun.file(join(import.meta.dir, path)).text();
    const { version, text } = readPrompt(path, file);
    expect(version).toBeGreaterThan(0);
    expect(text.match(/[가-힣]/g)?.length ?? 0).toBeGreaterThan(40);
    count++;
  }
  expect(count).toBeGreaterThan(10);
});

test("a file without a version is refused", () => {
  expect(() => readPrompt("x", "말")).toThrow("x does not begin with its version");
});

test("the intent prompt names every intent, the vision prompt every class", () => {
  for (const intent of intents) expect(prompts.intent.text).toContain(`- ${intent}:`);
  for (const intent of intents) expect(prompts.multiIntent.text).toContain(intent);
  for (const middle of middles) expect(prompts.vision.text).toContain(middle);
  for (const middle of middles) expect(prompts.scanVision.text).toContain(middle);
});

test("an answer gets the instructions of everything asked, once", () => {
  const both = answerPrompt(["waste", "bulk_waste", "location"]);
  expect(both.version).toMatch(/^answer:\d+ waste:\d+ location:\d+ multi:\d+$/);
  expect(both.system.split("버리는 방법을 물었어요")).toHaveLength(2);
  expect(answerPrompt(["weather"]).version).toBe(`answer:${prompts.answer.version}`);
});
