import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench, BenchFigure } from "./figures/figure.ts";
import { isMet } from "./figures/figure.ts";
import { tokenLatency } from "./figures/1-token-latency.ts";
import { throughput } from "./figures/2-throughput.ts";
import { readerMemory } from "./figures/3-reader-memory.ts";
import { crowds } from "./figures/4-crowd.ts";
import { memory } from "./figures/5-memory.ts";
import { cpu } from "./figures/6-cpu.ts";
import { post } from "./figures/7-post.ts";
import { resume } from "./figures/8-resume.ts";
import { oneJob } from "./figures/9-one-job.ts";
import { type Floor, startFloor } from "./floor/floor.ts";
import { type Fleet, startFleet } from "./load/fleet.ts";
import { type Readers, startReaders } from "./load/reader-pool.ts";
import { drawChart } from "./report/chart.ts";
import {
  chartFile,
  type Measured,
  type Results,
  surroundings,
  tell,
  writeMarkdown,
} from "./report/results.ts";

const figures: readonly BenchFigure[] = [
  tokenLatency,
  throughput,
  readerMemory,
  crowds,
  memory,
  cpu,
  post,
  resume,
  oneJob,
];

export const fullUsage = `full [--only N[,N…]] [--quick] [--out DIR]
          the figures of the fleet against a bare pipe of the same parts (≤ 30 minutes on a quiet machine):
${figures.map(({ number, title }) => `            ${number}  ${title}`).join("\n")}
          --quick: a tenth of each size, to see that it runs; its numbers do not count
          --out: where results.json, RESULTS.md and charts/ go (default bench/, with --quick a temporary folder)`;

interface Wish {
  readonly only: readonly number[];
  readonly isQuick: boolean;
  readonly out: string;
}

/** Returns undefined for wrong arguments. */
export function fullArguments(args: string[]): Wish | undefined {
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
    const usual = values.quick ? "/tmp/eco2-bench" : import.meta.dir;
    return { only, isQuick: values.quick, out: values.out ?? usual };
  } catch {
    return undefined;
  }
}

/** What one figure uses, and its end. */
function openBench(isQuick: boolean) {
  const say = (fact: string) => console.log(`  ${fact}`);
  let fleet: Promise<Fleet> | undefined;
  let floor: Promise<Floor> | undefined;
  const readers: Readers[] = [];
  const bench: Bench = {
    say,
    size: (whole) => (isQuick ? Math.max(1, Math.round(whole / 10)) : whole),
    fleet: (options) => (fleet ??= startFleet(options)),
    floor: () =>
      (floor ??= bench.fleet().then((running) => {
        const { redis_streams, redis_pubsub } = running.file().services;
        return startFloor({ streamsUrl: redis_streams.url, pubsubUrl: redis_pubsub.url });
      })),
    readers: () => {
      const started = startReaders();
      readers.push(started);
      return started;
    },
  };
  const close = async () => {
    await Promise.allSettled(readers.map((each) => each.stop()));
    await floor?.then((each) => each.stop()).catch(() => undefined);
    await fleet?.then((each) => each.stop()).catch(() => undefined);
  };
  return { bench, close };
}

async function measure(figure: BenchFigure, isQuick: boolean): Promise<Measured> {
  const { number, title } = figure;
  console.log(`\n${number}. ${title}`);
  const startedAt = performance.now();
  const { bench, close } = openBench(isQuick);
  const seconds = () => (performance.now() - startedAt) / 1000;
  try {
    const outcome = await figure.run(bench);
    return { number, title, outcome, seconds: seconds() };
  } catch (cause) {
    const failure = cause instanceof Error ? cause.message : String(cause);
    console.log(`  not measured: ${failure}`);
    return { number, title, failure, seconds: seconds() };
  } finally {
    await close();
  }
}

/** Measures and writes the page. True when every bar is met; of a trial, when everything ran. */
export async function full({ only, isQuick, out }: Wish): Promise<boolean> {
  const wanted = figures.filter(({ number }) => only.length === 0 || only.includes(number));
  const measured: Measured[] = [];
  for (const figure of wanted) {
    const one = await measure(figure, isQuick);
    measured.push(one);
    console.log(tell(one));
  }
  const flags = [
    ...(only.length > 0 ? ["--only", only.join(",")] : []),
    ...(isQuick ? ["--quick"] : []),
  ];
  const command = ["bun run bench full", ...flags].join(" ");
  const results: Results = { command, ...surroundings(), isQuick, figures: measured };
  if (only.length === 0) rmSync(join(out, "charts"), { recursive: true, force: true });
  mkdirSync(join(out, "charts"), { recursive: true });
  for (const { number, outcome } of measured) {
    for (const [i, chart] of (outcome?.charts ?? []).entries())
      await Bun.write(join(out, chartFile(number, i)), drawChart(chart));
  }
  await Bun.write(join(out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  await Bun.write(join(out, "RESULTS.md"), writeMarkdown(results));
  console.log(`\n${join(out, "RESULTS.md")}`);
  if (isQuick) return measured.every(({ failure }) => failure === undefined);
  return measured.every(({ outcome }) => outcome?.rows.every(isMet) ?? false);
}
