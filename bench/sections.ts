import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchFigure, isMet } from "./figures/figure.ts";
import { measureAll } from "./measure.ts";
import { benchDir, writePage } from "./report/pages.ts";
import { type Measured, type Page, surroundings } from "./report/results.ts";

/** A command that measures some figures and writes a page about them. */
export interface Sections {
  readonly command: string;
  readonly page: Page;
  readonly figures: readonly BenchFigure[];
}

export interface SectionsWish {
  readonly only: readonly number[];
  readonly isQuick: boolean;
  readonly out: string;
}

export const sectionsFlags = "[--only N[,N…]] [--quick] [--out DIR]";
export const listed = (figures: readonly BenchFigure[]): string =>
  figures.map(({ number, title }) => `            ${number}  ${title}`).join("\n");

/** Returns undefined for wrong arguments. What is not the whole at full size goes to a temporary folder. */
export function sectionsArguments(
  args: string[],
  figures: readonly BenchFigure[],
): SectionsWish | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: "string" },
        quick: { type: "boolean", default: false },
        out: { type: "string" },
      },
    });
    const only = (values.only ?? "")
      .split(",")
      .filter((text) => text !== "")
      .map(Number);
    if (!only.every((number) => figures.some((figure) => figure.number === number)))
      return undefined;
    const isPart = values.quick || only.length > 0;
    const usual = isPart ? join(tmpdir(), "eco2-bench") : benchDir;
    return { only, isQuick: values.quick, out: values.out ?? usual };
  } catch {
    return undefined;
  }
}

/** Measures and writes the page, anew after each figure. True when every bar is met; of a trial, when everything ran. */
export async function runSections(
  { command, page, figures }: Sections,
  { only, isQuick, out }: SectionsWish,
): Promise<boolean> {
  const wanted = figures.filter(({ number }) => only.length === 0 || only.includes(number));
  const flags = [
    ...(only.length > 0 ? ["--only", only.join(",")] : []),
    ...(isQuick ? ["--quick"] : []),
  ];
  const about = {
    command: ["bun run bench", command, ...flags].join(" "),
    ...surroundings(),
    isQuick,
    wanted: wanted.length,
  };
  let path = "";
  const write = async (all: readonly Measured[]) => {
    path = await writePage(out, { ...about, figures: all }, page);
  };
  const measured = await measureAll(wanted, isQuick, write);
  console.log(`\n${path}`);
  if (isQuick) return measured.every(({ failure }) => failure === undefined);
  return measured.every(({ outcome }) => outcome?.rows.every(isMet) ?? false);
}
