import { percentile } from "../figures.ts";
import { crowd } from "./crowd.ts";
import type { BenchFigure } from "./figure.ts";

/** How long a message takes to be accepted while 1,000 are sent at once. */
export const post: BenchFigure = {
  number: 7,
  title: "POST accepted, under the load of figure 4",
  async run(bench) {
    const many = await crowd(bench, bench.size(1000));
    const at = (share: number) => percentile(many.postMs, share);
    return {
      rows: [
        { name: "p95", value: at(0.95), unit: "ms", atMost: 50 },
        { name: "p50", value: at(0.5), unit: "ms" },
        { name: "refused", value: many.refused, unit: "", atMost: 0 },
      ],
      charts: [
        {
          title: "time to the answer of a POST",
          x: "percentile",
          y: "ms",
          series: [
            {
              name: "POST",
              points: [5, 25, 50, 75, 90, 95, 99].map((p): [number, number] => [p, at(p / 100)]),
            },
          ],
        },
      ],
      notes: [
        "All are sent in the same moment: the time in the client's and the server's accept queues is in it.",
      ],
    };
  },
};
