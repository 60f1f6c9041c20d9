import { afterAll, describe, expect, test } from "bun:test";
import { fakeModelKey, fakeModels } from "../../tests/fakes/fake-models.ts";
import { systemClock } from "../../shared/clock.ts";
import { newJobId } from "../../shared/contract/ids.ts";
import { createLog } from "../../shared/log.ts";
import { says } from "../../shared/testing/says.ts";
import { noFacts } from "../llm/facts.ts";
import { geminiClient } from "../llm/gemini.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import { openaiClient } from "../llm/openai.ts";
import { answeringAgain } from "./answer-again.ts";
import { dailyBudget } from "./budget.ts";
import { createEvals, type EvalDeps, type Finished } from "./evals.ts";
import { evaluate } from "./evaluate.ts";

const finished = (over: Partial<Finished> = {}): Finished => ({
  jobId: newJobId(),
  provider: "local",
  model: "local",
  intents: ["waste"],
  question: "페트병 어떻게 버려?",
  sections: [{ title: "배출 규칙: 페트병", text: "라벨을 떼요." }],
  named: ["페트병"],
  answer: "페트병은 라벨을 떼고 내놓아 주세요. 출처: 배출 규칙",
  ...over,
});
const marks = (point: number, hint = "") => ({
  text: JSON.stringify({
    faithfulness: point,
    relevance: point,
    completeness: point,
    safety: point,
    communication: point,
    hint,
  }),
});
const never = new AbortController().signal;

function rig(over: Partial<EvalDeps> = {}) {
  const ends: string[] = [];
  const grades: string[] = [];
  const gaps: number[] = [];
  const saved: number[] = [];
  const evals = createEvals({
    grader: undefined,
    budget: dailyBudget(50, systemClock),
    sampleRate: 1,
    save: async (_, { score }) => void saved.push(score),
    observe: {
      ended: (end) => ends.push(end),
      grade: (intent, grade) => grades.push(`${intent} ${grade}`),
      calibration: (gap) => gaps.push(gap),
    },
    clock: systemClock,
    log: createLog(() => {}),
    ...over,
  });
  return { evals, ends, grades, gaps, saved };
}

describe.each(fakeModels())("with $name", (provider) => {
  afterAll(() => provider.server.stop());
  const make = provider.name === "openai" ? openaiClient : geminiClient;
  const model = provider.name === "openai" ? "gpt-4o-mini" : "gemini-3-flash-preview";
  const grader = make({ key: fakeModelKey, baseUrl: provider.server.baseUrl, model, retries: 0 });

  test("both graders count", async () => {
    provider.next(marks(5));
    const best = await evaluate(finished(), grader, never);
    expect(best).toMatchObject({ grade: "S", score: 100, promptVersion: "grade:1" });
    provider.next(marks(1));
    expect(await evaluate(finished(), grader, never)).toMatchObject({ grade: "C", score: 40 });
  });

  test("safety weighs more where things are thrown away", async () => {
    const unsafe = { ...JSON.parse(marks(5).text), safety: 1 };
    provider.next({ text: JSON.stringify(unsafe) });
    const waste = await evaluate(finished(), grader, never);
    const weather = await evaluate(finished({ intents: ["weather"] }), grader, never);
    expect(waste.axes?.safety).toBe(1);
    expect(100 - waste.score).toBeCloseTo(0.6 * 25, 1);
    expect(weather.axes?.safety).toBe(1);
  });

  test("a grader that says nonsense leaves the grade to the code", async () => {
    provider.next({ text: "five stars" });
    const result = await evaluate(finished(), grader, never);
    expect(result).toMatchObject({ grade: "S", axes: undefined });
    expect(result.failure).toBeDefined();
  });

  test("every hundredth answer is graded twice", async () => {
    provider.next(marks(5));
    const { evals, gaps, ends } = rig({ grader });
    for (let i = 0; i < 100; i++) evals.offer(finished());
    await evals.settled();
    expect(ends.filter((end) => end === "graded")).toHaveLength(100);
    expect(gaps).toEqual([0]);
  });

  test("a C is answered once more, with what to mend", async () => {
    const prompts: Prompt[] = [];
    const llm: Llm = (prompt, signal) => {
      prompts.push(prompt);
      return says(prompts.length === 1 ? "몰라요" : "라벨을 떼요")(prompt, signal);
    };
    provider.next(marks(1, "라벨을 말하세요"), marks(5));
    const prompt = { system: "", sections: [], history: [], question: "?", facts: noFacts };
    expect(await Array.fromAsync(answeringAgain(llm, grader)(prompt, never))).toEqual([
      "라벨을 떼요",
    ]);
    expect(prompts.map(({ system }) => system.includes("라벨을 말하세요"))).toEqual([false, true]);
    provider.next(marks(5));
    prompts.length = 0;
    expect(await Array.fromAsync(answeringAgain(llm, grader)(prompt, never))).toEqual(["몰라요"]);
    expect(prompts).toHaveLength(1);
  });

  test("a day's budget ends the model's grading, not the code's", async () => {
    provider.next(marks(5));
    const { evals, ends } = rig({ grader, budget: dailyBudget(0.015, systemClock) });
    for (let i = 0; i < 6; i++) {
      evals.offer(finished());
      await evals.settled();
    }
    expect(ends.filter((end) => end === "graded")).toHaveLength(2);
    expect(ends.filter((end) => end === "graded_by_code")).toHaveLength(4);
  });
});

test("without a model code grades alone; grades reach metrics and rows", async () => {
  const { evals, ends, grades, saved } = rig();
  evals.offer(finished());
  await evals.settled();
  expect([ends, grades, saved]).toEqual([["graded_by_code"], ["waste S"], [100]]);
});

test("what is not sampled, does not fit or cannot be saved is counted", async () => {
  const none = rig({ sampleRate: 0 });
  none.evals.offer(finished());
  expect(none.ends).toEqual(["not_sampled"]);

  const release = Promise.withResolvers<void>();
  const full = rig({ save: () => release.promise });
  for (let i = 0; i < 203; i++) full.evals.offer(finished());
  expect(full.ends).toEqual(["dropped"]);
  release.resolve();
  await full.evals.settled();
  expect(full.ends.filter((end) => end === "graded_by_code")).toHaveLength(202);

  const broken = rig({ save: () => Promise.reject(new Error("away")) });
  broken.evals.offer(finished());
  await broken.evals.settled();
  expect(broken.ends).toEqual(["failed"]);
});

test("a stopped queue takes nothing more", async () => {
  const { evals, ends } = rig();
  await evals.stop();
  evals.offer(finished());
  expect(ends).toEqual(["not_sampled"]);
});

test("a new day has a new budget", () => {
  let now = 0;
  const budget = dailyBudget(1, { wallMs: () => now });
  budget.spend(1);
  expect(budget.maySpend()).toBe(false);
  now = 86_400_000;
  expect(budget.maySpend()).toBe(true);
});
