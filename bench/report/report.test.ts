import { expect, test } from "bun:test";
import { drawChart } from "./chart.ts";
import { type Results, surroundings, writeMarkdown } from "./results.ts";

const results: Results = {
  command: "bun run bench full",
  ...surroundings(),
  isQuick: false,
  figures: [
    {
      number: 1,
      title: "One",
      seconds: 3,
      outcome: {
        rows: [
          { name: "fast", value: 3, unit: "ms", atMost: 5 },
          { name: "slow", value: 1, unit: "tokens/s", atLeast: 2 },
          { name: "told", value: Number.NaN, unit: "ms" },
        ],
        charts: [{ title: "c", x: "x", y: "y", series: [] }],
        notes: ["a note"],
      },
    },
    { number: 2, title: "Two", seconds: 1, failure: "no fleet" },
  ],
};

test("the page says what is met, missed and not measured", () => {
  const page = writeMarkdown(results);
  expect(page).toContain("| fast | 3.00 ms | ≤ 5 ms | met |");
  expect(page).toContain("| slow | 1.00 tokens/s | ≥ 2 tokens/s | **missed** |");
  expect(page).toContain("| told | – ms |  |  |");
  expect(page).toContain("charts/figure-1-1.svg");
  expect(page).toContain("**Not measured:** no fleet");
  expect(page).not.toContain("none of these numbers counts");
  expect(writeMarkdown({ ...results, isQuick: true })).toContain("none of these numbers counts");
});

test("a chart has a mark for every point, and no number that is none", () => {
  const svg = drawChart({
    title: "p95 <by> load",
    x: "tokens/s",
    y: "ms",
    series: [
      {
        name: "fleet",
        points: [
          [1, 5],
          [2, Number.NaN],
          [3, 9],
        ],
      },
      { name: "flat", points: [[1, 0]] },
    ],
  });
  expect(svg.match(/<circle/g)).toHaveLength(3);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<by>/);
  expect(drawChart({ title: "", x: "", y: "", series: [] })).not.toMatch(/NaN|Infinity/);
});
