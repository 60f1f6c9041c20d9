import { expect, test } from "bun:test";
import fc from "fast-check";
import { internalZoom, limitFor, radiusFor } from "./zoom.ts";

test.each([
  [1, 20, 100, 200],
  [3, 17, 200, 200],
  [7, 11, 3000, 160],
  [9, 8, 8000, 120],
  [11, 5, 20_000, 80],
  [13, 2, 60_000, 50],
  [14, 1, 80_000, 50],
  // inverted: the client's 16 − level goes past the end of the scale
  [15, 1, 80_000, 50],
  [20, 1, 80_000, 50],
] as const)("map level %i is zoom %i, %i m, %i entries", (level, zoom, meters, entries) => {
  expect(internalZoom(level)).toBe(zoom);
  expect(radiusFor(undefined, level)).toBe(Math.min(50_000, meters));
  expect(limitFor(level)).toBe(entries);
});

test("without a zoom the radius decides, and without both 5 km", () => {
  expect(radiusFor(undefined, undefined)).toBe(5000);
  expect(radiusFor(700, 13)).toBe(700);
  expect(limitFor(undefined)).toBe(200);
});

test("whatever comes, the radius stays within 100 m and 50 km", () =>
  fc.assert(
    fc.property(
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
      fc.option(fc.integer({ min: -100, max: 100 }), { nil: undefined }),
      (radius, level) => {
        const found = radiusFor(radius, level);
        expect(found).toBeGreaterThanOrEqual(100);
        expect(found).toBeLessThanOrEqual(50_000);
        if (radius !== undefined && radius >= 100 && radius <= 50_000) expect(found).toBe(radius);
      },
    ),
  ));
