import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { drawChart } from "./chart.ts";
import { chartFile, type Page, type Results, writeMarkdown } from "./results.ts";

/** Beside the product's code, where the numbers that count are kept. */
export const benchDir = join(import.meta.dir, "..");

/** Words about where a missed figure's time or memory goes: `profiles/<number>.md` or `profiles/<number>-….md`. */
export function readProfile(number: number, dir = join(benchDir, "profiles")): string | undefined {
  try {
    const mine = new RegExp(`^${number}(-[\\w-]+)?\\.md$`);
    const found = readdirSync(dir)
      .filter((name) => mine.test(name))
      .toSorted();
    const texts = found.map((name) => readFileSync(join(dir, name), "utf8").trim());
    return texts.length > 0 ? texts.join("\n\n") : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the page, its raw numbers and its charts; what they replace goes. Returns where the page is. */
export async function writePage(dir: string, results: Results, page: Page): Promise<string> {
  const charts = join(dir, "charts");
  mkdirSync(charts, { recursive: true });
  const old = readdirSync(charts).filter((name) => name.startsWith(`${page.chart}-`));
  for (const name of old) rmSync(join(charts, name));
  for (const { number, outcome } of results.figures) {
    for (const [i, chart] of (outcome?.charts ?? []).entries())
      await Bun.write(join(dir, chartFile(page, number, i)), drawChart(chart));
  }
  await Bun.write(join(dir, page.json), `${JSON.stringify(results, null, 2)}\n`);
  const path = join(dir, page.file);
  await Bun.write(path, writeMarkdown(results, page));
  return path;
}
