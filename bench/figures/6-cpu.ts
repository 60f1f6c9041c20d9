import { ask, inTurns, invite, streamOf } from "../load/fleet.ts";
import { usageOf } from "../load/usage.ts";
import type { BenchFigure } from "./figure.ts";

/** CPU of gateway, router and worker for one answer of 200 tokens with a reader. */
export const cpu: BenchFigure = {
  number: 6,
  title: "CPU per streamed answer of 200 tokens",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const people = await invite(fleet, bench.size(200));
    const { pids } = fleet.file();
    const parts = { gateway: pids.gateway, router: pids.router, worker: pids.workers[0] ?? 0 };
    const used = () =>
      Object.entries(parts).map(([name, pid]) => [name, usageOf(pid).cpuSeconds] as const);
    const answerAll = async () => {
      const { done } = await readers.report(true);
      readers.open(
        await inTurns(people, 64, async (person) =>
          streamOf(fleet, person, await ask(person, { think: 500, rate: 50, tokens: 200 })),
        ),
      );
      await readers.until("every ending", (told) => told.done >= done + people.length, 120_000);
    };
    await answerAll(); // everything is loaded and compiled once
    const before = new Map(used());
    const rounds = 3;
    for (let i = 0; i < rounds; i++) await answerAll();
    const after = used();
    const { wrong } = await readers.report();
    if (wrong.length > 0) throw new Error(wrong[0]);
    const answers = rounds * people.length;
    const rows = after.map(([name, seconds]) => ({
      name,
      value: ((seconds - (before.get(name) ?? 0)) * 1000) / answers,
      unit: "ms",
    }));
    const whole = rows.reduce((sum, { value }) => sum + value, 0);
    return {
      rows: [{ name: "all our processes", value: whole, unit: "ms", atMost: 12 }, ...rows],
      charts: [],
      notes: [
        `${answers} answers; the message's POST, two calls of the model and the rows are in it.`,
      ],
    };
  },
};
