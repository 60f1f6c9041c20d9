import { describe, expect, test } from "bun:test";
import { intents } from "../../shared/contract/stages.ts";
import { askInProcess } from "./in-process.ts";
import { heldOut, judge, questions, report, rowsOf } from "./questions.ts";

const answered = (text: string) => ({ text, intent: "waste" });
const question = {
  intent: "waste",
  asks: "페트병?",
  required: ["라벨", "뚜껑"],
  forbidden: ["종량제"],
  long: false,
} as const;

describe("an answer is judged", () => {
  const read = (text: string) =>
    judge({ ...question, required: [...question.required], forbidden: ["종량제"] }, answered(text))
      .faults;
  test("right when every required fact is there and none that is forbidden", () => {
    expect(read("라벨을 떼고 뚜껑을 닫아요")).toEqual([]);
  });
  test("by what it lacks, says, shows, and how long it is", () => {
    expect(read("라벨")).toEqual(["lacks 뚜껑"]);
    expect(read("라벨 뚜껑 종량제")).toEqual(["says 종량제"]);
    expect(read("라벨 뚜껑 undefined")).toEqual(["shows undefined"]);
    expect(read(`라벨 뚜껑 ${"가".repeat(900)}`)).toEqual(["906 characters"]);
  });
  test("without the closing line of the offline mode", () => {
    expect(read("라벨\n\n_지금은 오프라인 모드예요. 뚜껑_")).toEqual(["lacks 뚜껑"]);
  });
});

describe("the question set", () => {
  test("asks 120 questions and more, of every intent, none twice", () => {
    expect(questions.length).toBeGreaterThanOrEqual(120);
    expect(new Set(questions.map(({ asks }) => asks)).size).toBe(questions.length);
    for (const intent of intents) {
      expect(questions.filter((one) => one.intent === intent).length).toBeGreaterThanOrEqual(5);
    }
  });

  test("is answered offline with 95 % of the facts right", async () => {
    const ask = askInProcess();
    const judged = [];
    for (const one of questions) judged.push(judge(one, await ask(one.asks)));
    const all = rowsOf(judged).at(-1);
    if (all && all.right < all.asked) console.log(report(judged));
    expect((all?.right ?? 0) / questions.length).toBeGreaterThanOrEqual(0.95);
  });

  test("held out from mending is answered with 90 % right", async () => {
    const ask = askInProcess();
    const judged = [];
    for (const one of heldOut) judged.push(judge(one, await ask(one.asks)));
    const all = rowsOf(judged).at(-1);
    console.log(`held out: ${all?.right} of ${heldOut.length} right`);
    expect((all?.right ?? 0) / heldOut.length).toBeGreaterThanOrEqual(0.9);
  });
});
