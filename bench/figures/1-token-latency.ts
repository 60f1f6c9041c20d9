import { percentile } from "../figures.ts";
import { invite } from "../load/fleet.ts";
import type { BenchFigure } from "./figure.ts";
import { type Flow, flowThroughFleet, flowThroughFloor } from "./flow.ts";

const rounds = 3;

/** 10,000 tokens/s over 500 streams, fleet and floor by turns. */
export const tokenLatency: BenchFigure = {
  number: 1,
  title: "Token latency at 10,000 tokens/s over 500 streams",
  async run(bench) {
    const [fleet, floor, readers] = [await bench.fleet(), await bench.floor(), bench.readers()];
    const people = await invite(fleet, bench.size(500));
    const wish = { rate: 20, seconds: bench.size(100) / 10 };
    const [fleets, floors]: [Flow[], Flow[]] = [[], []];
    for (let round = 1; round <= rounds; round++) {
      floors.push(await flowThroughFloor(floor, readers, people.length, wish));
      fleets.push(await flowThroughFleet(fleet, readers, people, wish));
      bench.say(
        `round ${round}: floor p95 ${floors.at(-1)?.p95.toFixed(1)} ms, fleet ${fleets.at(-1)?.p95.toFixed(1)} ms`,
      );
    }
    const median = (flows: readonly Flow[], of: "p50" | "p95" | "p99" | "tokensPerSecond") =>
      percentile(
        flows.map((flow) => flow[of]),
        0.5,
      );
    // one round's two runs are a minute apart at most: the machine was the same for both
    const ratios = fleets.map(({ p95 }, i) => p95 / (floors[i]?.p95 ?? Number.NaN));
    const points = (flows: readonly Flow[]) =>
      flows.map((flow, i): [number, number] => [i + 1, flow.p95]);
    return {
      rows: [
        {
          name: "fleet p95, against the floor",
          value: percentile(ratios, 0.5),
          unit: "x",
          atMost: 2,
        },
        { name: "fleet p95", value: median(fleets, "p95"), unit: "ms" },
        { name: "fleet p50", value: median(fleets, "p50"), unit: "ms" },
        { name: "fleet p99", value: median(fleets, "p99"), unit: "ms" },
        { name: "floor p95", value: median(floors, "p95"), unit: "ms" },
        { name: "fleet tokens", value: median(fleets, "tokensPerSecond"), unit: "/s" },
        { name: "floor tokens", value: median(floors, "tokensPerSecond"), unit: "/s" },
      ],
      charts: [
        {
          title: "p95 by round",
          x: "round",
          y: "ms",
          series: [
            { name: "fleet", points: points(fleets) },
            { name: "floor", points: points(floors) },
          ],
        },
      ],
      notes: [
        "The fleet's tokens are stamped in the model server: its HTTP stream and the worker's parsing of it are in the latency, " +
          "the floor's are stamped where they are appended. The ratio is therefore above the one from the worker's emit.",
      ],
    };
  },
};
