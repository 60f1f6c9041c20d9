import type { BenchFigure, Row } from "../figures/figure.ts";
import { countCores } from "../load/cores.ts";
import { ask, inTurns, invite, streamOf } from "../load/fleet.ts";
import { rssMb } from "../memory.ts";
import { type Point, tellBend } from "./bend.ts";

const steps = [100, 300, 1000, 3000, 10_000];
/** More running answers than one worker has room for would be a curve of the worker. */
const mostJobs = 500;
const seconds = 10;

/** Open readers, each of whom gets one token a second: what an open stream costs. */
export const openStreams: BenchFigure = {
  number: 1,
  title: "Open readers, 100 to 10,000, a token a second each",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const counts = steps.map((step) => bench.size(step));
    const most = counts.at(-1) ?? 0;
    const people = await invite(fleet, Math.min(mostJobs, most));
    const rss = () => rssMb(fleet.file().pids.gateway) ?? Number.NaN;
    const alone = rss();
    const [p95s, cpus, memories, rows]: [Point[], Point[], Point[], Row[]] = [[], [], [], []];
    for (const count of counts) {
      const asking = people.slice(0, Math.min(people.length, count));
      const { done } = await readers.report(true);
      // long enough for everybody to come, and to be looked at
      const tokens = seconds + 12 + Math.ceil(count / 500);
      const jobs = await inTurns(asking, 64, async (person) =>
        streamOf(fleet, person, await ask(person, { think: 3000, rate: 1, tokens })),
      );
      readers.open(
        Array.from({ length: count }, (_, i) => jobs[i % jobs.length]).filter(
          (one) => one !== undefined,
        ),
      );
      await readers.until(`${count} readers`, (told) => told.started >= count, 90_000);
      await readers.report(true);
      const coresUsed = countCores(fleet);
      await Bun.sleep(seconds * 1000);
      const told = await readers.report(true);
      const { parts } = coresUsed();
      const memory = rss();
      const p95 = told.ages.percentile(0.95);
      const cpu = ((parts["gateway"] ?? Number.NaN) * 1000) / count;
      // between two sizes: the first one's memory is that of what was done before
      const [fewest, leastMb] = memories[0] ?? [0, Number.NaN];
      const perReader = ((memory - leastMb) * 1024) / (count - fewest);
      p95s.push([count, p95]);
      cpus.push([count, cpu]);
      memories.push([count, memory]);
      rows.push(
        { name: `${count} readers, token p95`, value: p95, unit: "ms" },
        { name: `${count} readers, gateway CPU for each`, value: cpu, unit: "ms/s" },
        { name: `${count} readers, gateway RSS`, value: memory, unit: "MB" },
        ...(memories.length > 1
          ? [{ name: `${count} readers, each above the first step`, value: perReader, unit: "KB" }]
          : []),
      );
      bench.say(
        `${count}: p95 ${p95.toFixed(1)} ms, ${cpu.toFixed(3)} ms/s and ${perReader.toFixed(1)} KB each`,
      );
      await readers.until("every ending", (now) => now.done >= done + count, 120_000);
      const { wrong } = await readers.report();
      if (wrong.length > 0) throw new Error(wrong[0]);
    }
    return {
      rows: [
        { name: "gateway RSS with its people and no reader", value: alone, unit: "MB" },
        ...rows,
      ],
      charts: [
        {
          title: "Token p95",
          x: "open readers",
          isLogX: true,
          y: "ms",
          series: [{ name: "p95", points: p95s }],
        },
        {
          title: "Gateway CPU for each reader",
          x: "open readers",
          isLogX: true,
          y: "ms/s",
          series: [{ name: "gateway", points: cpus }],
        },
        {
          title: "Gateway RSS",
          x: "open readers",
          isLogX: true,
          y: "MB",
          series: [{ name: "RSS", points: memories }],
        },
      ],
      notes: [
        `${tellBend("Token p95", "ms", "readers", p95s)} Tokens come in step with the readers (10,000 readers: 10,000 frames ` +
          "a second), so where it bends the frames are what is dear, not the connections that wait.",
        `${tellBend("Gateway CPU for each reader", "ms/s", "readers", cpus)} It falls at first: what a process does anyway ` +
          "(its timers, its subscriber, its metrics) is shared by more of them, and a frame is built once for all readers of a job.",
        "RSS for each reader falls likewise: at 100 readers it is the runtime's own growth, at 10,000 it is the reader. " +
          `Up to ${mostJobs} answers run at once; beyond that several readers share one.`,
      ],
    };
  },
};
