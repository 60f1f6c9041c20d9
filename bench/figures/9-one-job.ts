import { ask, invite, streamOf } from "../load/fleet.ts";
import { percentile } from "../figures.ts";
import type { BenchFigure } from "./figure.ts";

const rounds = 5;

/** One job read by one, and by a thousand. */
export const oneJob: BenchFigure = {
  number: 9,
  title: "1,000 readers on one job",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const [person] = await invite(fleet, 1);
    if (!person) throw new Error("nobody came");
    const many = bench.size(1000);
    const p95Of = async (count: number) => {
      const job = await ask(person, { think: 3000, rate: 50, tokens: 200 });
      const order = await streamOf(fleet, person, job);
      const { done } = await readers.report(true);
      readers.open(Array.from({ length: count }, () => order));
      await readers.until("every ending", (told) => told.done >= done + count, 60_000);
      const told = await readers.report(true);
      if (told.wrong.length > 0) throw new Error(told.wrong[0]);
      return told.ages.percentile(0.95);
    };
    await p95Of(1);
    const [ones, all]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      ones.push(await p95Of(1));
      all.push(await p95Of(many));
      bench.say(
        `one reader ${ones.at(-1)?.toFixed(1)} ms, ${many} readers ${all.at(-1)?.toFixed(1)} ms`,
      );
    }
    const [one, crowd] = [percentile(ones, 0.5), percentile(all, 0.5)];
    return {
      rows: [
        { name: `p95 of ${many} readers, against one`, value: crowd / one, unit: "x", atMost: 1.5 },
        { name: "p95 of one reader", value: one, unit: "ms" },
        { name: `p95 of ${many} readers`, value: crowd, unit: "ms" },
      ],
      charts: [
        {
          title: "p95 by round",
          x: "round",
          y: "ms",
          series: [
            { name: "one reader", points: ones.map((p95, i): [number, number] => [i + 1, p95]) },
            {
              name: `${many} readers`,
              points: all.map((p95, i): [number, number] => [i + 1, p95]),
            },
          ],
        },
      ],
      notes: [],
    };
  },
};
