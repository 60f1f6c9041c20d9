import { percentile } from "../figures.ts";
import type { BenchFigure } from "../figures/figure.ts";
import { countCores } from "../load/cores.ts";
import { ask, invite, streamOf } from "../load/fleet.ts";
import { type Point, tellBend } from "./bend.ts";

const steps = [1, 10, 100, 300, 1000];
const rounds = 2;
const pace = { think: 3000, rate: 50, tokens: 150 };

/** One answer, read by more and more. */
export const readersOfAJob: BenchFigure = {
  number: 3,
  title: "Readers of one job, 1 to 1,000, at 50 tokens/s",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const [person] = await invite(fleet, 1);
    if (!person) throw new Error("nobody came");
    const read = async (count: number) => {
      const job = await ask(person, pace);
      const order = await streamOf(fleet, person, job);
      const { done } = await readers.report(true);
      readers.open(Array.from({ length: count }, () => order));
      await readers.until("first tokens", (told) => told.started >= count);
      const coresUsed = countCores(fleet);
      await Bun.sleep(2000);
      const cores = coresUsed();
      await readers.until("every ending", (told) => told.done >= done + count);
      const told = await readers.report(true);
      if (told.wrong.length > 0) throw new Error(told.wrong[0]);
      const frames = count * pace.rate;
      return {
        p95: told.ages.percentile(0.95),
        frameUs: ((cores.parts["gateway"] ?? Number.NaN) * 1e6) / frames,
      };
    };
    await read(1);
    const [p95s, cpus]: [Point[], Point[]] = [[], []];
    for (const count of new Set(steps.map((step) => (step === 1 ? 1 : bench.size(step))))) {
      const all: Awaited<ReturnType<typeof read>>[] = [];
      for (let i = 0; i < rounds; i++) all.push(await read(count));
      const median = (of: "p95" | "frameUs") =>
        percentile(
          all.map((one) => one[of]),
          0.5,
        );
      p95s.push([count, median("p95")]);
      cpus.push([count, median("frameUs")]);
      bench.say(
        `${count}: p95 ${median("p95").toFixed(1)} ms, ${median("frameUs").toFixed(1)} µs a frame`,
      );
    }
    return {
      rows: p95s.flatMap(([count, p95], i) => [
        { name: `${count} readers, token p95`, value: p95, unit: "ms" },
        {
          name: `${count} readers, gateway CPU per frame`,
          value: cpus[i]?.[1] ?? Number.NaN,
          unit: "µs",
        },
      ]),
      charts: [
        {
          title: "Token p95",
          x: "readers",
          isLogX: true,
          y: "ms",
          series: [{ name: "p95", points: p95s }],
        },
        {
          title: "Gateway CPU per frame",
          x: "readers",
          isLogX: true,
          y: "µs",
          series: [{ name: "gateway", points: cpus }],
        },
      ],
      notes: [
        `${tellBend("Token p95", "ms", "readers", p95s)} One hint and one frame serve them all; what is left per reader is ` +
          "a write into its socket, one after the other in one thread, and the last of them waits for the others' writes.",
        "CPU per frame falls with the readers of a job: taking the hint and building the frame is shared by them.",
      ],
    };
  },
};
