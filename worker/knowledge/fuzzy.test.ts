import { expect, test } from "bun:test";
import { disassemble } from "es-hangul";
import fc from "fast-check";
import { createGuesser, slips } from "./fuzzy.ts";

const names: [string, string][] = [
  "우유팩",
  "건전지",
  "가방",
  "의자",
  "컵라면용기",
  "스티로폼",
].map((name) => [name, name]);
const guess = createGuesser(names, ["코튼"]);

test.each([
  ["우유펙", "우유팩"],
  ["우유백", "우유팩"],
  ["건전치", "건전지"],
  ["검전지", "건전지"],
  ["컵라먄용기", "컵라면용기"],
  ["스티로품", "스티로폼"],
  ["가뱡", "가방"],
])("%s is read as %s", (typed, name) => {
  expect(guess(typed)?.value).toBe(name);
});

test.each(["가장", "의사", "의지", "우유", "전지", "건물주", "스파게티", "코튼", "milk", ""])(
  "%s is no misspelt name",
  (typed) => {
    expect(guess(typed)).toBeUndefined();
  },
);

test("confusable jamo cost half a slip, a swap one", () => {
  const cost = (from: string, to: string) => slips(disassemble(from), disassemble(to), 3);
  expect(cost("우유펙", "우유팩")).toBe(0.5);
  expect(cost("건전치", "건전지")).toBe(0.5);
  expect(cost("건전미", "건전지")).toBe(1);
  expect(slips("ㄱㅏㄴ", "ㅏㄱㄴ", 3)).toBe(1);
});

test("the distance is symmetric, zero only for the same text, and bounded by its limit", () =>
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."ㄱㄴㅏㅑㅂ".split("")), maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(..."ㄱㄴㅏㅑㅂ".split("")), maxLength: 8 }),
      (a, b) => {
        const cost = slips(a, b, 2);
        expect(cost).toBe(slips(b, a, 2));
        expect(cost === 0).toBe(a === b);
        expect(cost <= 2 || cost === Infinity).toBe(true);
      },
    ),
  ));
