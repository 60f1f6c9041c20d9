import { cpuSeconds } from "../cpu.ts";
import { percentile } from "../figures.ts";
import { ask, invite, streamOf } from "../load/fleet.ts";
import type { Readers } from "../load/reader-pool.ts";
import type { OpenOrder } from "../load/readers.ts";
import type { BenchFigure } from "./figure.ts";

const rounds = 5;
const pace = { rate: 50, tokens: 200 };

/** What one answer, read by so many, took. */
interface Reading {
  readonly p95: number;
  /** Of the process that writes to the readers, for each frame it wrote, µs. */
  readonly cpu: number;
}

/** Opens the readers, lets `begin` start the answer, waits for every ending. Throws when a text is wrong. */
async function read(
  readers: Readers,
  orders: readonly OpenOrder[],
  pid: number,
  begin: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Reading> {
  const { done } = await readers.report(true);
  readers.open(orders);
  await readers.until("readers", ({ open }) => open === orders.length);
  await Bun.sleep(1000); // opening them is another figure's matter
  const { frames } = await readers.report();
  const cpuBefore = cpuSeconds(pid);
  await begin();
  const told = await readers.until(
    "every ending",
    (now) => now.done >= done + orders.length,
    60_000,
  );
  if (told.wrong.length > 0) throw new Error(told.wrong[0]);
  const cpu = ((cpuSeconds(pid) - cpuBefore) * 1e6) / (told.frames - frames);
  await readers.report(true);
  return { p95: told.ages.percentile(0.95), cpu };
}

/** One job read by one, and by a thousand. */
export const oneJob: BenchFigure = {
  number: 9,
  title: "1,000 readers on one job",
  async run(bench) {
    const [fleet, floor, readers] = [
      await bench.fleet({ workers: 1 }),
      await bench.floor(),
      bench.readers(),
    ];
    const [person] = await invite(fleet, 1);
    if (!person) throw new Error("nobody came");
    const many = bench.size(1000);
    const throughFleet = async (count: number) => {
      const job = await ask(person, { think: 5000, ...pace });
      const order = await streamOf(fleet, person, job);
      return read(readers, Array<OpenOrder>(count).fill(order), fleet.file().pids.gateway);
    };
    const throughFloor = async (count: number) => {
      const { jobs, streams } = floor.answers(1);
      const orders = streams.flatMap((order) => Array<OpenOrder>(count).fill(order));
      const begin = () => floor.produce(jobs, pace.rate, pace.tokens);
      return read(readers, orders, floor.pids[1] ?? 0, begin);
    };
    await throughFleet(1);
    const seen = { one: [], all: [], floorOne: [], floorAll: [] } as Record<string, Reading[]>;
    for (let i = 0; i < rounds; i++) {
      seen["one"]?.push(await throughFleet(1));
      seen["all"]?.push(await throughFleet(many));
      seen["floorOne"]?.push(await throughFloor(1));
      seen["floorAll"]?.push(await throughFloor(many));
      const p95s = Object.entries(seen).map(
        ([name, all]) => `${name} ${all.at(-1)?.p95.toFixed(1)}`,
      );
      bench.say(`p95 ms: ${p95s.join(", ")}`);
    }
    const median = (name: string, pick: (one: Reading) => number) =>
      percentile((seen[name] ?? []).map(pick), 0.5);
    const p95 = (name: string) => median(name, (one) => one.p95);
    const cpu = (name: string) => median(name, (one) => one.cpu);
    const series = (name: string, key: string) => ({
      name,
      points: (seen[key] ?? []).map((one, i): [number, number] => [i + 1, one.p95]),
    });
    return {
      rows: [
        {
          name: `p95 of ${many} readers, against one`,
          value: p95("all") / p95("one"),
          unit: "x",
          atMost: 1.5,
        },
        {
          name: "the same through a bare pipe, which promises nothing",
          value: p95("floorAll") / p95("floorOne"),
          unit: "x",
        },
        {
          name: `p95 of ${many} readers, against the bare pipe's`,
          value: p95("all") / p95("floorAll"),
          unit: "x",
        },
        { name: "p95 of one reader", value: p95("one"), unit: "ms" },
        { name: `p95 of ${many} readers`, value: p95("all"), unit: "ms" },
        { name: "bare pipe, p95 of one reader", value: p95("floorOne"), unit: "ms" },
        { name: `bare pipe, p95 of ${many} readers`, value: p95("floorAll"), unit: "ms" },
        { name: "gateway CPU for each frame written", value: cpu("all"), unit: "µs" },
        { name: "bare server, the same", value: cpu("floorAll"), unit: "µs" },
      ],
      charts: [
        {
          title: "p95 by round",
          x: "round",
          y: "ms",
          series: [
            series("one reader", "one"),
            series(`${many} readers`, "all"),
            series("bare pipe, one reader", "floorOne"),
            series(`bare pipe, ${many} readers`, "floorAll"),
          ],
        },
      ],
      notes: [
        "A reader is a socket: an event is written to each by a call of its own, in which the kernel also delivers it on this " +
          "machine. The frame is built once, and the gateway's own part of a write is a sixtieth; the bare pipe pays the same " +
          "call. See [profiles/9-one-job.md](profiles/9-one-job.md).",
      ],
    };
  },
};
