import { expect, test } from "bun:test";
import { systemClock } from "../../../shared/clock.ts";
import { bound } from "../../../shared/testing/bound.ts";
import { createTools } from "../tools.ts";
import { withoutIdioms } from "./idioms.ts";
import { knownBy } from "./intent.ts";
import { decide } from "./split.ts";
import { plain } from "./plain.ts";

const known = knownBy(createTools(systemClock));
const namesThing = (word: string) =>
  known.things(word).some(({ matched, score }) => score >= 0.6 && word.endsWith(matched));

test.each([
  "깜빡 잊어버렸어",
  "열등감을 버리고 싶다",
  "그 드라마 끝나버렸네",
  "체면 따위 버렸다",
  "다 떠나버릴까",
  "버려지는 느낌이 들어",
])("%s throws nothing away", (says) => {
  expect(withoutIdioms(says, namesThing)).toMatchObject({ removed: true });
  expect(withoutIdioms(says, namesThing).text).not.toContain("버");
});

test.each([
  "캐리어 버리는 법",
  "안마의자 버리기",
  "종이상자버리는법",
  "타이어 버리려고요",
  "스피커 버려야 하는데",
  "장난감을 버리려고",
  "모자 버리는법",
  "페트병 씻어 버려야 돼?",
])("%s does, though its letters look like a verb's", (says) => {
  expect(withoutIdioms(says, namesThing)).toEqual({ text: says, removed: false });
});

test("slang and slips are spelled as the rules know them", () => {
  expect(plain("  낼  비 오나 ")).toBe("내일 비 오나");
  expect(plain("이거 어케 버림")).toBe("이거 어떻게 버림");
  expect(plain("수거함 어딨어")).toBe("수거함 어디 있어");
});

test.each(["가", "버려", "고 버려 ", "페트병", "은 버려", " "])(
  "10,000 characters of %j are read in time",
  (piece) => {
    const began = performance.now();
    decide(piece.repeat(10_000 / piece.length), known);
    expect(performance.now() - began).toBeLessThan(bound(500));
  },
);
