import { expect, test } from "bun:test";
import fc from "fast-check";
import { normalisePhone } from "./phone.ts";

test.each([
  ["01012345678", "010-1234-5678"],
  ["010-1234-5678", "010-1234-5678"],
  ["+82 10 1234 5678", "010-1234-5678"],
  ["+82 (0)10 1234 5678", "010-1234-5678"],
  ["011 234 5678", "011-234-5678"],
  ["0112345678", "011-234-5678"],
  ["0101234567", "010-123-4567"],
  ["02-123-4567", undefined],
  ["01112345678", undefined],
  ["010-1234-567", "010-123-4567"],
  ["010-1234-56789", undefined],
  ["not a number", undefined],
  ["０１０１２３４５６７８", undefined],
])("%s is %p", (written, normal) => {
  expect(normalisePhone(written)).toBe(normal);
});

test("normalising twice changes nothing, whatever separates the digits", () => {
  const number = fc
    .tuple(fc.constantFrom("010"), fc.stringMatching(/^\d{8}$/), fc.constantFrom("-", " ", ".", ""))
    .map(([head, tail, mark]) => `${head}${mark}${tail.slice(0, 4)}${mark}${tail.slice(4)}`);
  fc.assert(
    fc.property(number, (written) => {
      const once = normalisePhone(written);
      expect(once).toMatch(/^010-\d{4}-\d{4}$/);
      expect(normalisePhone(once ?? "")).toBe(once);
    }),
  );
});
