import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { days, type Issue, nextHours, nowcast } from "./kma-base.ts";
import { gridOf } from "./kma-grid.ts";
import { readAmount, readMeasure, readPrecipitation, readSky } from "./kma-values.ts";
import { seoulIso, seoulTime } from "../../shared/seoul-time.ts";

test.each([
  [37.5665, 126.978, 60, 127],
  [37.4979, 127.0276, 61, 125],
  [35.1798, 129.075, 98, 76],
  [33.4996, 126.5312, 53, 38],
  [36.3504, 127.3845, 67, 100],
  [35.1595, 126.8526, 58, 74],
  [37.4563, 126.7052, 55, 124],
] as const)("%d, %d lies in cell %d, %d", (latitude, longitude, nx, ny) => {
  expect(gridOf({ latitude, longitude })).toEqual({ nx, ny });
});

test.each([
  [35.68, 139.69],
  [20, 126],
  [60, 127],
  [Number.NaN, 127],
  [37, Number.NaN],
])("%d, %d lies in no cell", (latitude, longitude) => {
  expect(gridOf({ latitude, longitude })).toBeUndefined();
});

test("whatever the numbers, a cell is within the grid", () => {
  fc.assert(
    fc.property(fc.double(), fc.double(), (latitude, longitude) => {
      const grid = gridOf({ latitude, longitude });
      return !grid || (grid.nx >= 1 && grid.nx <= 149 && grid.ny >= 1 && grid.ny <= 253);
    }),
  );
});

/** Milliseconds of a time in Seoul. */
const at = (text: string) => Date.parse(`${text}:00+09:00`);
const issueAt = (issue: Issue, text: string) => {
  const { date, time } = seoulTime(issue.baseAt(at(text)));
  return `${date} ${time}`;
};

test.each([
  { issue: nowcast, now: "2026-01-18T14:39", base: "20260118 1300" },
  { issue: nowcast, now: "2026-01-18T14:40", base: "20260118 1400" },
  { issue: nowcast, now: "2026-01-18T00:10", base: "20260117 2300" },
  { issue: nowcast, now: "2026-01-01T00:39", base: "20251231 2300" },
  { issue: nowcast, now: "2026-01-01T00:40", base: "20260101 0000" },
  { issue: nextHours, now: "2026-01-18T14:44", base: "20260118 1330" },
  { issue: nextHours, now: "2026-01-18T14:45", base: "20260118 1430" },
  { issue: nextHours, now: "2026-01-18T00:44", base: "20260117 2330" },
  { issue: nextHours, now: "2026-01-18T00:45", base: "20260118 0030" },
  { issue: days, now: "2026-01-18T02:14", base: "20260117 2300" },
  { issue: days, now: "2026-01-18T02:15", base: "20260118 0200" },
  { issue: days, now: "2026-01-18T05:14", base: "20260118 0200" },
  { issue: days, now: "2026-01-18T05:15", base: "20260118 0500" },
  { issue: days, now: "2026-01-18T23:14", base: "20260118 2000" },
  { issue: days, now: "2026-01-18T23:15", base: "20260118 2300" },
  { issue: days, now: "2026-03-01T00:00", base: "20260228 2300" },
])("$issue.path at $now is the issue of $base", ({ issue, now, base }) => {
  expect(issueAt(issue, now)).toBe(base);
});

test("at any minute the issue lies in the past, by less than a step and a half", () => {
  const minutes = fc.integer({ min: 0, max: 60 * 24 * 400 });
  fc.assert(
    fc.property(minutes, fc.constantFrom(nowcast, nextHours, days), (minute, issue) => {
      const now = at("2026-01-01T00:00") + minute * 60_000;
      const age = now - issue.baseAt(now);
      return age >= 10 * 60_000 && age < issue.stepMs + 60 * 60_000;
    }),
  );
});

test("Seoul's clock does not depend on the host's", () => {
  const seoul = { date: "20260119", time: "0030", hour: 0, minute: 30 };
  expect(seoulTime(Date.UTC(2026, 0, 18, 15, 30))).toEqual(seoul);
  expect(seoulIso("20260119", "0030")).toBe("2026-01-19T00:30:00+09:00");
});

test.each([
  ["강수없음", 0],
  ["적설없음", 0],
  ["1mm 미만", 0.5],
  ["1.0mm 미만", 0.5],
  ["6.2mm", 6.2],
  ["30.0~50.0mm", 30],
  ["30.0mm~50.0mm", 30],
  ["50.0mm 이상", 50],
  ["0.5cm 미만", 0.25],
  ["5.0cm 이상", 5],
  ["-", 0],
  ["", 0],
  [undefined, 0],
  ["0", 0],
  ["비", null],
  ["999", null],
] as const)("the amount %p is %p", (text, amount) => {
  expect(readAmount(text)).toBe(amount);
});

test.each([
  ["-1.3", -1.3],
  ["0", 0],
  ["900", null],
  ["-998.9", null],
  ["", null],
  ["x", null],
  [undefined, null],
] as const)("the measurement %p is %p", (text, value) => {
  expect(readMeasure(text)).toBe(value);
});

test("codes are read however they are written, unknown ones are null", () => {
  expect(["1", "3", "4", "2", "", undefined].map(readSky)).toEqual([
    "clear",
    "mostly_cloudy",
    "overcast",
    null,
    null,
    null,
  ]);
  expect(["0", "1.0", "2", "3", "4", "5", "6", "7", "8", "x"].map(readPrecipitation)).toEqual([
    "none",
    "rain",
    "rain_and_snow",
    "snow",
    "shower",
    "drizzle",
    "drizzle_and_flurry",
    "flurry",
    null,
    null,
  ]);
});
