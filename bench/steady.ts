import { parseArgs } from "node:util";
import { type RunningStack, startStack } from "../tests/stack.ts";
import { type Figure, percentile, table } from "./figures.ts";
import { rssMb, type Sample, slopeOf } from "./memory.ts";
import { compareBooks, tellBooks } from "./books.ts";
import { drive } from "./load/drive.ts";
import { scrape } from "./scrape.ts";
import { createSteadyLoad, type SteadyLoad } from "./steady-load.ts";

const sampleMs = 5000;
/** Share of the run, and at most this long, in which processes may still grow to their size. */
const warmUp = { share: 0.33, mostMinutes: 10 };

export const steadyUsage = `steady [--minutes 30] [--rate 20] [--workers 2]
          messages at a steady rate from many people on a fresh stack: every event and row checked,
          memory slope of every process after the warm-up, metrics against the counts made here`;

/** Returns undefined for wrong arguments. */
export function steadyArguments(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: "string", default: "30" },
        rate: { type: "string", default: "20" },
        workers: { type: "string", default: "2" },
      },
    });
    const [minutes, rate, workers] = [values.minutes, values.rate, values.workers].map(Number) as [
      number,
      number,
      number,
    ];
    const isGood = minutes > 0 && minutes <= 24 * 60 && rate > 0 && rate <= 500 && workers >= 1;
    return isGood ? { minutes, rate, workers } : undefined;
  } catch {
    return undefined;
  }
}

/** Names and pids of the processes as they are now: one that was restarted has a new pid. */
function processesOf(stack: RunningStack): Map<string, number> {
  const { pids } = stack.file();
  return new Map([
    ["gateway", pids.gateway],
    ["router", pids.router],
    ...pids.workers.map((pid, i) => [`worker-${i + 1}`, pid] as const),
  ]);
}

/** True when nothing was lost and the metrics agree. */
export async function steady(
  wish: NonNullable<ReturnType<typeof steadyArguments>>,
): Promise<boolean> {
  const { minutes, rate, workers } = wish;
  const stack = await startStack(["--workers", String(workers)]);
  try {
    const before = processesOf(stack);
    const load = createSteadyLoad(stack.file());
    const samples = new Map<string, Sample[]>();
    const startedAt = performance.now();
    const hours = () => (performance.now() - startedAt) / 3_600_000;
    const timer = setInterval(() => {
      for (const [name, pid] of processesOf(stack)) {
        const mb = rssMb(pid);
        if (mb !== undefined)
          samples.set(name, [...(samples.get(name) ?? []), { hours: hours(), mb }]);
      }
    }, sampleMs);
    const progress = setInterval(() => {
      const { sent, ended, refused } = load.counts;
      const flaws = load.violations.length;
      console.log(
        `${(hours() * 60).toFixed(1)} min: ${sent} sent, ${ended} ended, ${refused} refused, ${flaws} flaws`,
      );
    }, 60_000);
    await drive(() => void load.one(), rate, startedAt + minutes * 60_000);
    clearInterval(timer);
    clearInterval(progress);
    await load.finish();
    await Bun.sleep(2000); // what is counted after the last answer
    const isSteady = [...before].every(([name, pid]) => processesOf(stack).get(name) === pid);
    if (!isSteady) console.log("a process was restarted: its counts began anew");
    const flaws = await report(stack, load, samples, minutes);
    return flaws === 0 && isSteady;
  } finally {
    await stack.stop();
  }
}

/** What a scrape takes that comes again and again, and what a hundred of them leave behind. */
async function scrapeCosts(stack: RunningStack): Promise<Figure[]> {
  const { admin } = stack.file();
  const urls = [admin.gateway, admin.router, ...admin.workers];
  const [p95, added] = [[] as number[], [] as number[]];
  for (const [i, [, pid]] of [...processesOf(stack)].entries()) {
    const before = rssMb(pid) ?? Number.NaN;
    const times: number[] = [];
    for (let n = 0; n < 100; n++) times.push((await scrape(urls[i] ?? "")).ms);
    p95.push(percentile(times, 0.95));
    added.push((rssMb(pid) ?? Number.NaN) - before);
  }
  return [
    { name: "scrape p95, slowest process", value: Math.max(...p95), unit: "ms", bar: 5 },
    // garbage of a hundred texts at once: what a scrape every 15 s leaves is collected in between
    { name: "RSS added by 100 in a row", value: Math.max(...added), unit: "MB", bar: undefined },
  ];
}

async function report(
  stack: RunningStack,
  load: SteadyLoad,
  samples: ReadonlyMap<string, Sample[]>,
  minutes: number,
): Promise<number> {
  const { counts, violations } = load;
  const from = Math.min(minutes * warmUp.share, warmUp.mostMinutes) / 60;
  const memory = [...samples].flatMap(([name, all]): Figure[] => {
    const steady = all.filter((sample) => sample.hours >= from);
    const last = steady.at(-1)?.mb ?? Number.NaN;
    return [
      { name: `${name} RSS at the end`, value: last, unit: "MB", bar: undefined },
      { name: `${name} RSS slope`, value: slopeOf(steady), unit: "MB/h", bar: undefined },
    ];
  });
  const { admin } = stack.file();
  const [gateway, router, ...workers] = await Promise.all(
    [admin.gateway, admin.router, ...admin.workers].map(scrape),
  );
  if (!gateway || !router) throw new Error("no metrics");
  const bytes = Math.max(...[gateway, router, ...workers].map((scraped) => scraped.bytes));
  const costs: Figure[] = [
    ...(await scrapeCosts(stack)),
    { name: "largest scrape", value: bytes / 1000, unit: "kB", bar: undefined },
  ];
  console.log(`\n${counts.sent} messages in ${minutes} minutes\n`);
  console.log(table([...memory, ...costs]));
  const compared = compareBooks(counts, gateway, router, workers);
  console.log(tellBooks(compared));
  const wrong = compared.filter(({ told, counted }) => told !== counted);
  for (const { flaw, job, detail } of violations.slice(0, 20))
    console.log(`${flaw} ${job}: ${detail}`);
  const unended = counts.sent - counts.ended;
  console.log(`\n${violations.length} flaws, ${unended} unended, ${counts.refused} refused`);
  return violations.length + unended + counts.refused + wrong.length;
}
