import { ask, inTurns, invite, streamOf } from "../load/fleet.ts";
import { type Usage, usageOf } from "../load/usage.ts";
import type { BenchFigure } from "./figure.ts";

/** Memory of everything, idle and with 500 answers under way. */
export const memory: BenchFigure = {
  number: 5,
  title: "Memory of the whole fleet with its stores",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const people = await invite(fleet, bench.size(500));
    const look = () => {
      const { pids, services } = fleet.file();
      const own = { gateway: pids.gateway, router: pids.router, worker: pids.workers[0] ?? 0 };
      const stores = Object.entries(services).map(([name, { pid }]) => [name, pid] as const);
      const all = [...Object.entries(own), ...stores].map(
        ([name, pid]) => [name, usageOf(pid)] as const,
      );
      const sum = (names: readonly string[]) =>
        all.reduce((total, [name, { mb }]) => total + (names.includes(name) ? mb : 0), 0);
      return {
        all: new Map<string, Usage>(all),
        own: sum(Object.keys(own)),
        whole: sum(all.map(([name]) => name)),
      };
    };
    await Bun.sleep(10_000);
    const idle = look();
    const streams = await inTurns(people, 64, async (person) =>
      streamOf(fleet, person, await ask(person, { think: 1000, rate: 10, tokens: 250 })),
    );
    readers.open(streams);
    const peaks: ReturnType<typeof look>[] = [];
    for (let i = 0; i < 8; i++) {
      await Bun.sleep(2000);
      peaks.push(look());
    }
    const { open: running } = await readers.report();
    const peak = peaks.reduce((a, b) => (a.whole > b.whole ? a : b));
    await readers.until("every ending", ({ open }) => open === 0, 180_000);
    const { wrong } = await readers.report();
    if (wrong.length > 0) throw new Error(wrong[0]);
    return {
      rows: [
        {
          name: `${people.length} running streams, with stores`,
          value: peak.whole,
          unit: "MB",
          atMost: 1024,
        },
        { name: "idle, with stores", value: idle.whole, unit: "MB", atMost: 500 },
        { name: "idle, without stores", value: idle.own, unit: "MB", atMost: 220 },
        { name: `${people.length} running streams, without stores`, value: peak.own, unit: "MB" },
        { name: "streams open at the last look", value: running, unit: "" },
        ...[...peak.all].map(([name, { mb }]) => ({
          name: `${name} under load`,
          value: mb,
          unit: "MB",
        })),
        ...[...idle.all].map(([name, { mb }]) => ({ name: `${name} idle`, value: mb, unit: "MB" })),
      ],
      charts: [
        {
          title: "Memory under load",
          x: "s",
          y: "MB",
          series: [
            {
              name: "with stores",
              points: peaks.map(({ whole }, i): [number, number] => [2 * i, whole]),
            },
            { name: "without", points: peaks.map(({ own }, i): [number, number] => [2 * i, own]) },
          ],
        },
      ],
      notes: [
        "Resident memory; PostgreSQL's processes share pages, which are counted once. The runtime's own pages are counted in each of our processes.",
      ],
    };
  },
};
