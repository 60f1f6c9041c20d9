import * as fc from "fast-check";
import { expect, test } from "bun:test";
import { createCleaner } from "./clean-text.ts";

function cleaned(chunks: readonly string[]): string[] {
  const cleaner = createCleaner();
  return [...chunks.map((chunk) => cleaner.clean(chunk)), cleaner.rest()];
}

test.each([
  { chunks: ["a\0b"], text: "ab" },
  { chunks: ["\ud83d", "\ude00"], text: "😀" },
  { chunks: ["\ud83d\0", "\ude00"], text: "😀" },
  { chunks: ["\ud83d", "x"], text: "\ufffdx" },
  { chunks: ["\ude00"], text: "\ufffd" },
  { chunks: ["끝\ud83d"], text: "끝\ufffd" },
])("$chunks becomes $text", ({ chunks, text }) => {
  expect(cleaned(chunks).join("")).toBe(text);
});

test("however a text is cut, its pieces join to the same clean text and are Unicode each", () =>
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom("a", "가", "\0", "\ud83d", "\ude00"), { maxLength: 4 })),
      (letters) => {
        const chunks = letters.map((some) => some.join(""));
        const pieces = cleaned(chunks);
        expect(pieces.every((piece) => piece.isWellFormed() && !piece.includes("\0"))).toBe(true);
        expect(pieces.join("")).toBe(chunks.join("").replaceAll("\0", "").toWellFormed());
      },
    ),
  ));
