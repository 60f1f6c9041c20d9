import { expect, test } from "bun:test";
import { gradeByCode } from "./code-grader.ts";
import { gradeOf, type Sample } from "./grade.ts";

const sample = (over: Partial<Sample> = {}): Sample => ({
  intents: ["waste"],
  question: "페트병 어떻게 버려?",
  sections: [{ title: "배출 규칙: 페트병", text: "라벨을 떼고 눌러 투명페트병 수거함에 넣어요." }],
  named: ["페트병"],
  answer: "**페트병**은 라벨을 떼고 눌러서 투명페트병 수거함에 내놓아 주세요.\n\n출처: 배출 규칙",
  ...over,
});
const checksOf = (over: Partial<Sample>) => gradeByCode(sample(over)).checks;

test("a good answer is an S", () => {
  const { score, checks } = gradeByCode(sample());
  expect(checks).toEqual({
    hallucination: 1,
    format: 1,
    length: 1,
    language: 1,
    citation: 1,
    intent: 1,
  });
  expect(gradeOf(score)).toBe("S");
});

test.each([
  ["구청 전화는 02-123-4567이고 수수료는 5,000원이에요.", 0.5],
  ["수수료는 5,000원이에요.", 1],
  ["https://example.org 를 보세요.", 0],
])("%s is supported by what was found: %d", (answer, hallucination) => {
  const sections = [{ title: "수수료", text: "소파 5000원" }];
  expect(checksOf({ answer, sections })).toMatchObject({ hallucination });
});

test("what is empty, broken or leaks loses its form", () => {
  expect(checksOf({ answer: "" }).format).toBe(0);
  expect(checksOf({ answer: "페트병은 undefined" }).format).toBe(0);
  expect(checksOf({ answer: "**페트병은 이렇게 버려요." }).format).toBeCloseTo(0.7);
  expect(checksOf({ answer: "```\n페트병이에요." }).format).toBeCloseTo(0.6);
});

test("too short and too long lose points, more questions give more room", () => {
  expect(checksOf({ answer: "페트병!" }).length).toBeLessThan(0.5);
  const answer = "가".repeat(1300);
  expect(checksOf({ answer }).length).toBeLessThan(0.6);
  expect(checksOf({ answer, intents: ["waste", "weather"] }).length).toBe(1);
  expect(checksOf({ answer: "가".repeat(5000) }).length).toBe(0);
});

test("an answer in another language, without a source or about something else is seen", () => {
  expect(checksOf({ answer: "Please rinse the bottle and remove its label." }).language).toBe(0);
  expect(checksOf({ answer: "페트병은 수거함에 넣어 주세요." }).citation).toBe(0);
  expect(checksOf({ sections: [], answer: "안녕하세요, 반가워요." }).citation).toBe(1);
  expect(checksOf({ answer: "오늘은 맑아요." }).intent).toBe(0);
  expect(checksOf({ answer: "수거함에 내놓아 주세요." }).intent).toBe(0.5);
});

test.each([
  [90, "S"],
  [89.9, "A"],
  [75, "A"],
  [55, "B"],
  [54.9, "C"],
  [0, "C"],
] as const)("%d points are a %s", (score, grade) => expect(gradeOf(score)).toBe(grade));
