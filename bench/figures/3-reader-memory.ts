import { ask, invite, streamOf } from "../load/fleet.ts";
import type { OpenOrder } from "../load/readers.ts";
import { rssMb } from "../memory.ts";
import type { BenchFigure } from "./figure.ts";

const settleMs = 3000;
/** The gateway gives memory back once nobody came or went for a while: two looks, 5 s apart. */
const restMs = 12_000;

/** Readers of jobs nobody works on: all the memory is theirs. */
export const readerMemory: BenchFigure = {
  number: 3,
  title: "Gateway memory with 10,000 open readers",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 0 });
    const readers = bench.readers();
    const most = bench.size(10_000);
    const churn = bench.size(50_000);
    const rss = () => rssMb(fleet.file().pids.gateway) ?? Number.NaN;
    const people = await invite(fleet, bench.size(250));
    const streams: OpenOrder[] = [];
    for (const person of people) {
      const job = await ask(person, { think: 0, rate: 1, tokens: 1 });
      streams.push(await streamOf(fleet, person, job));
    }
    const order = (count: number) =>
      Array.from({ length: count }, (_, i) => streams[i % streams.length] as OpenOrder);
    await Bun.sleep(settleMs);
    const before = rss();
    const points: [number, number][] = [[0, before]];
    let [open, highest] = [0, before];
    for (const count of [0.1, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * most))) {
      readers.open(order(count - open));
      open = count;
      // each gets the `queued` event
      await readers.until(`${count} readers`, ({ frames }) => frames >= count, 180_000);
      await Bun.sleep(settleMs);
      highest = Math.max(highest, rss());
      if (count === most) await Bun.sleep(restMs);
      points.push([count, rss()]);
      bench.say(`${count} readers: ${rss().toFixed(0)} MB`);
    }
    const full = rss();
    readers.leave();
    await Bun.sleep(10_000);
    const left = rss();
    const step = Math.round(most / 5);
    for (let made = 0; made < churn; made += step) {
      const { frames } = await readers.report();
      readers.open(order(step));
      await readers.until("a wave of readers", (told) => told.frames >= frames + step, 180_000);
      readers.leave();
    }
    await Bun.sleep(10_000);
    const churned = rss();
    const { wrong } = await readers.report();
    if (wrong.length > 0) throw new Error(wrong[0]);
    return {
      rows: [
        { name: `RSS with ${most} readers`, value: full, unit: "MB", atMost: 150 },
        { name: "slope", value: ((full - before) * 1024) / most, unit: "KB per reader", atMost: 8 },
        { name: "highest, while they came", value: highest, unit: "MB" },
        { name: "RSS before", value: before, unit: "MB" },
        { name: "after they left, against before", value: left / before, unit: "x", atMost: 1.2 },
        {
          name: `after ${churn} more connects, against before`,
          value: churned / before,
          unit: "x",
          atMost: 1.2,
        },
      ],
      charts: [
        {
          title: "RSS by open readers",
          x: "readers",
          y: "MB",
          series: [{ name: "gateway", points }],
        },
      ],
      notes: [
        `With ${most} readers: ${restMs / 1000} s after the last one came. Where a reader's memory goes: ` +
          "[profiles/3-reader-memory.md](profiles/3-reader-memory.md).",
      ],
    };
  },
};
