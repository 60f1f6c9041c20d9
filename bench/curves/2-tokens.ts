import type { BenchFigure } from "../figures/figure.ts";
import { type Flow, flowThroughFleet } from "../figures/flow.ts";
import { tellCores } from "../load/cores.ts";
import { invite } from "../load/fleet.ts";
import { tellBend } from "./bend.ts";

/** Tokens/s of each of 500 streams. */
const steps = [2, 10, 30, 60, 80, 120];
/** Past this the flow is a jam; nothing is learned from a worse one. */
const jammed = { p95Ms: 1000, share: 0.9 };

/** Tokens/s from a thousand to where the machine is full. */
export const tokensPerSecond: BenchFigure = {
  number: 2,
  title: "Tokens/s, from 1,000 to the limit, over 500 streams",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const readers = bench.readers();
    const people = await invite(fleet, bench.size(500));
    const flows: Flow[] = [];
    for (const rate of steps) {
      const flow = await flowThroughFleet(fleet, readers, people, { rate, seconds: 5 });
      flows.push(flow);
      bench.say(
        `${flow.offered}/s offered: ${Math.round(flow.tokensPerSecond)}/s, p95 ${flow.p95.toFixed(1)} ms`,
      );
      if (flow.p95 > jammed.p95Ms || flow.tokensPerSecond < flow.offered * jammed.share) break;
    }
    const points = (of: "p50" | "p95") =>
      flows.map((flow): [number, number] => [flow.offered, flow[of]]);
    const cpu = (part: string) =>
      flows.map(({ offered, cores }): [number, number] => [
        offered,
        cores?.parts[part] ?? Number.NaN,
      ]);
    const last = flows.at(-1);
    const busiest = Object.entries(last?.cores?.parts ?? {})
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 4);
    return {
      rows: flows.flatMap(({ offered, tokensPerSecond: came, p95, cores }) => [
        { name: `${offered}/s offered, came`, value: came, unit: "tokens/s" },
        { name: `${offered}/s offered, p95`, value: p95, unit: "ms" },
        {
          name: `${offered}/s offered, CPU of fleet and stores per token`,
          value:
            (Object.values(cores?.parts ?? {}).reduce((sum, one) => sum + one, 0) * 1e6) / came,
          unit: "µs",
        },
      ]),
      charts: [
        {
          title: "Token latency",
          x: "tokens/s offered",
          isLogX: true,
          y: "ms",
          series: [
            { name: "p50", points: points("p50") },
            { name: "p95", points: points("p95") },
          ],
        },
        {
          title: "Cores in use",
          x: "tokens/s offered",
          isLogX: true,
          y: "cores",
          series: busiest.map(([name]) => ({ name, points: cpu(name) })),
        },
      ],
      notes: [
        tellBend("Token p95", "ms", "tokens/s", points("p95")),
        ...(last?.cores
          ? [
              `At the last step (${last.offered}/s offered): ${tellCores(last.cores)}. A part at one core is full, for each ` +
                "has one thread; else the machine is, with the model server and the readers of the benchmark on it.",
            ]
          : []),
      ],
    };
  },
};
