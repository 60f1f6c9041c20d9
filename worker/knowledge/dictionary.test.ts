import { expect, test } from "bun:test";
import fc from "fast-check";
import { createDictionary, pickLongest } from "./dictionary.ts";
import { readText } from "./text.ts";

test("overlapping surfaces are all seen, and the longest is picked", () => {
  const dictionary = createDictionary([
    ["종이", 1],
    ["종이컵", 2],
    ["컵라면용기", 3],
  ]);
  const matches = dictionary.scan(readText("종이컵 라면 용기"));
  expect(matches).toHaveLength(3);
  expect(pickLongest(matches).map(({ value }) => value)).toEqual([1, 3]);
});

test("of equal surfaces the first one stays", () => {
  const dictionary = createDictionary([["컵", "a"] as const, ["컵", "b"] as const]);
  expect(dictionary.scan(readText("컵")).map(({ value }) => value)).toEqual(["a"]);
});

test("a scan finds exactly what a search at every place would find", () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.string({ unit: fc.constantFrom("가", "나", "다"), minLength: 1, maxLength: 3 }),
      ),
      fc.string({ unit: fc.constantFrom("가", "나", "다"), maxLength: 12 }),
      (words, typed) => {
        const found = createDictionary(words.map((word) => [word, word] as const))
          .scan(readText(typed))
          .map(({ start, value }) => `${start}${value}`);
        const expected = words.flatMap((word) =>
          Array.from(typed).flatMap((_, start) =>
            typed.startsWith(word, start) ? [`${start}${word}`] : [],
          ),
        );
        expect(found.sort()).toEqual(expected.sort());
      },
    ),
  ));

test("picked matches never overlap", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 5 }))), (spans) => {
      const matches = spans.map(([start, length]) => ({ start, end: start + length, value: 0 }));
      const picked = pickLongest(matches);
      picked.slice(1).forEach((match, index) => {
        expect(match.start).toBeGreaterThanOrEqual(picked[index]?.end ?? 0);
      });
    }),
  ));
