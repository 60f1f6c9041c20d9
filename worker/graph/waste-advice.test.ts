import { expect, test } from "bun:test";
import { systemClock } from "../../shared/clock.ts";
import { rate } from "./feedback.ts";
import { createTools } from "./tools.ts";
import { asRequest } from "./waste-advice.ts";

const { advise, retrieval } = createTools(systemClock);
const adviceOn = (message: string) => {
  const [first] = retrieval.find(message);
  if (!first) throw new Error(`nothing found in ${message}`);
  return advise(first);
};

test.each([
  ["단자를 테이프로 가린다", "단자를 테이프로 가리세요."],
  ["두 짝을 끈으로 묶는다", "두 짝을 끈으로 묶으세요."],
  ["흙을 턴다", "흙을 터세요."],
  ["연결 호스를 분리한다", "연결 호스를 분리하세요."],
  ["음식물을 닦아 낸다", "음식물을 닦아 내세요."],
  ["분해하지 않는다", "분해하지 마세요."],
  ["봉투에 담아 주세요", "봉투에 담아 주세요"],
])("%s is said as %s", (note, said) => {
  expect(asRequest(note)).toBe(said);
});

test("every step of every item can be said", () => {
  const { knowledge } = createTools(systemClock);
  const steps = knowledge.items.flatMap(({ prepare }) => prepare ?? []);
  expect(steps.map(asRequest).filter((step) => /[는ㄴ]다\.?$/.test(step))).toEqual([]);
  expect(steps.length).toBeGreaterThan(20);
});

test("steps that are about other things are left out", () => {
  const { steps } = adviceOn("신문지 버리는 법");
  expect(steps.join()).not.toContain("종이컵은");
  expect(steps.join()).not.toContain("상자는");
  expect(steps.length).toBeGreaterThan(0);
});

test("a class without a thing keeps every step", () => {
  expect(adviceOn("종이류 버리는 법").steps.join()).toContain("종이컵은");
});

test("a swollen battery is not treated like one that is whole", () => {
  expect(adviceOn("보조배터리 버리는 법").isUnsafe).toBe(false);
  expect(adviceOn("부풀어 오른 보조배터리 버리는 법").isUnsafe).toBe(true);
});

test.each([
  { query: "페트병", quality: "excellent" },
  { query: "페트병 어떻게 버려?", quality: "good" },
])("what was found for $query is rated $quality", ({ query, quality }) => {
  const found = { advice: [adviceOn(query)], method: "alias", mascot: undefined };
  expect(rate(query, found).quality).toBe(quality as "good");
});

test("nothing found is rated none", () => {
  expect(rate("모름", undefined)).toEqual({ score: 0.1, quality: "none" });
});
