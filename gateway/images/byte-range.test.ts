import { expect, test } from "bun:test";
import { byteRange } from "./byte-range.ts";

test.each([
  ["bytes=0-0", { from: 0, to: 0 }],
  ["bytes=2-5", { from: 2, to: 5 }],
  ["bytes=2-", { from: 2, to: 9 }],
  ["bytes=-3", { from: 7, to: 9 }],
  ["bytes=-99", { from: 0, to: 9 }],
  ["bytes=5-99", { from: 5, to: 9 }],
  ["bytes=10-", "none"],
  ["bytes=99-100", "none"],
  ["bytes=-0", "none"],
  ["bytes=5-2", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,4-5", undefined],
  ["lines=0-1", undefined],
  ["bytes=x-1", undefined],
  ["bytes=99999999999999999999-", undefined],
  [undefined, undefined],
] as const)("%s of ten bytes is %p", (header, range) =>
  expect(byteRange(header, 10)).toEqual(range as never),
);
