import { expect, test } from "bun:test";
import { isMet, percentile, table } from "./figures.ts";
import { slopeOf } from "./memory.ts";

test("a percentile is one of the samples", () => {
  const samples = [5, 1, 4, 2, 3];
  expect(percentile(samples, 0.5)).toBe(3);
  expect(percentile(samples, 0.95)).toBe(5);
  expect(percentile(samples, 0)).toBe(1);
});

test("a figure above its bar is missed, and the table says so", () => {
  const figure = { name: "x", value: 12, unit: "ms", bar: 10 };
  expect(isMet(figure)).toBe(false);
  expect(table([figure])).toContain("MISSED");
});

test("a slope is the middle one of those between the lowest samples of each minute", () => {
  const noisy = [10, 12, 11, 13, 14].map((mb, i) => ({ hours: i / 10, mb }));
  expect(slopeOf(noisy)).toBeCloseTo(10);
  expect(slopeOf(noisy.slice(0, 1))).toBe(0);
});

test("garbage that waits for its collector, and one burst, are no slope; what stays is one", () => {
  const minutes = Array.from({ length: 20 * 12 }, (_, i) => ({ hours: i / 720, at: i % 12 }));
  const sawtooth = minutes.map(({ hours, at }) => ({ hours, mb: 100 + at * 3 }));
  expect(slopeOf(sawtooth)).toBe(0);
  expect(slopeOf([...sawtooth, { hours: 21 / 60, mb: 180 }])).toBe(0);
  const leak = minutes.map(({ hours, at }) => ({ hours, mb: 100 + at * 3 + hours * 30 }));
  expect(slopeOf(leak)).toBeCloseTo(30);
});
