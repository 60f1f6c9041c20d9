import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bendOf, tellBend } from "../curves/bend.ts";
import { curves } from "../curves.ts";
import { full } from "../full.ts";
import { plainText, plainToken } from "../load/plain.ts";
import { sectionsArguments } from "../sections.ts";
import { drawChart } from "./chart.ts";
import { readProfile, writePage } from "./pages.ts";
import { type Results, surroundings, tell, writeMarkdown } from "./results.ts";

const page = full.page;

const results: Results = {
  command: "bun run bench full",
  ...surroundings(),
  isQuick: false,
  wanted: 2,
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
  const text = writeMarkdown(results, page);
  expect(text).toContain("| fast | 3.00 ms | ≤ 5 ms | met |");
  expect(text).toContain("| slow | 1.00 tokens/s | ≥ 2 tokens/s | **missed** |");
  expect(text).toContain("| told | – ms |  |  |");
  expect(text).toContain("charts/figure-1-1.svg");
  expect(text).toContain("**Not measured:** no fleet");
  expect(text).toContain("`bun run bench full`");
  expect(text).toContain("(results.json)");
  expect(text).not.toContain("none of these numbers counts");
  expect(text).not.toContain("Stopped early");
  expect(writeMarkdown({ ...results, isQuick: true }, page)).toContain("none of these numbers");
  expect(writeMarkdown({ ...results, wanted: 9 }, page)).toContain("2 of 9 were measured");
  expect(results.figures.map(tell)).toEqual([
    expect.stringContaining("slow: 1.00 tokens/s ≥ 2 tokens/s missed"),
    expect.stringContaining("not measured: no fleet"),
  ]);
});

test("a missed bar says where the time goes, a met one needs no words", async () => {
  const dir = mkdtempSync(join(tmpdir(), "eco2-profiles-"));
  try {
    await Bun.write(join(dir, "1-token-latency.md"), "# Profile\n\nTwo thirds are parsing.\n");
    await Bun.write(join(dir, "11.md"), "of another figure");
    const profile = (number: number) => readProfile(number, dir);
    const [first] = results.figures;
    if (!first?.outcome) throw new Error("no outcome");
    const outcome = { ...first.outcome, rows: first.outcome.rows.slice(0, 1) };
    const met = { ...results, figures: [{ ...first, outcome }] };
    const missed = writeMarkdown(results, { ...page, profile });
    expect(missed).toContain("### Where it goes\n\n#### Profile\n\nTwo thirds are parsing.");
    expect(missed).toContain("No profile of it is attached yet."); // of the second figure
    expect(missed).not.toContain("of another figure");
    expect(writeMarkdown(met, { ...page, profile })).not.toContain("Two thirds");
    expect(readProfile(1, join(dir, "nowhere"))).toBeUndefined();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a page replaces its own charts and leaves those of others", async () => {
  const dir = mkdtempSync(join(tmpdir(), "eco2-pages-"));
  try {
    await writePage(dir, results, page);
    await writePage(dir, results, curves.page);
    await writePage(dir, { ...results, figures: [] }, page);
    expect(readdirSync(join(dir, "charts"))).toEqual(["curve-1-1.svg"]);
    expect(readdirSync(dir).toSorted()).toEqual([
      "CURVES.md",
      "RESULTS.md",
      "charts",
      "curves.json",
      "results.json",
    ]);
    expect(await Bun.file(join(dir, "curves.json")).json()).toMatchObject({ figures: [{}, {}] });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a part or a trial does not replace the numbers that count", () => {
  const whole = sectionsArguments([], full.figures);
  expect(whole).toMatchObject({ only: [], isQuick: false });
  for (const args of [["--quick"], ["--only", "2,3"]])
    expect(sectionsArguments(args, full.figures)?.out).not.toBe(String(whole?.out));
  expect(sectionsArguments(["--only", "2", "--out", "/x"], full.figures)?.out).toBe("/x");
  for (const args of [["--only", "10"], ["--only", "x"], ["--fast"], ["2"]])
    expect(sectionsArguments(args, full.figures)).toBeUndefined();
});

test("a cost bends where it stays above twice its least before", () => {
  const points = [
    [10, 5],
    [100, 4],
    [1000, 7.9],
    [10_000, 8.1],
    [100_000, 90],
  ] as const;
  expect(bendOf(points)).toEqual({ at: 10_000, value: 8.1, least: 4 });
  expect(bendOf(points.slice(0, 3))).toBeUndefined();
  expect(
    bendOf([
      [1, 2],
      [2, 9],
      [3, 3],
    ]),
  ).toBeUndefined(); // a hiccup
  expect(bendOf([])).toBeUndefined();
  expect(tellBend("p95", "ms", "chats", points)).toBe(
    "p95: bends at 10,000 chats, 8.1 ms after 4.0 ms at the least.",
  );
  expect(tellBend("p95", "ms", "chats", points.slice(0, 3))).toContain("no bend from 10 to 1,000");
});

test("plain text is its tokens, each of its size", () => {
  expect(Buffer.byteLength(plainText(1000, 1))).toBe(1000);
  expect(plainText(3, 70)).toBe([0, 1, 2].map((n) => plainToken(n, 70)).join(""));
  expect(plainToken(7, 400)).toHaveLength(400);
  expect(plainToken(1, 5)).not.toBe(plainToken(2, 5));
});

test("a chart by powers of ten spaces them evenly", () => {
  const points = [
    [1, 1],
    [10, 1],
    [100, 1],
  ] as const;
  const svg = drawChart({ title: "", x: "", y: "", isLogX: true, series: [{ name: "a", points }] });
  const xs = Array.from(svg.matchAll(/cx="([\d.]+)"/g), ([, at]) => Number(at));
  expect((xs[1] ?? 0) - (xs[0] ?? 0)).toBeCloseTo((xs[2] ?? 0) - (xs[1] ?? 0), 0);
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
