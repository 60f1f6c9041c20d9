import { percentile } from "../figures.ts";
import { type Crowd, crowd, modelMs } from "./crowd.ts";
import type { BenchFigure } from "./figure.ts";

/** 500 and 1,000 people at once, 11 s of model time each, one worker process. */
export const crowds: BenchFigure = {
  number: 4,
  title: "500 and 1,000 users at once, 11 s of model time each, one worker process",
  async run(bench) {
    const few = await crowd(bench, bench.size(500));
    bench.say(`${few.people}: p95 ${percentile(few.tookMs, 0.95).toFixed(0)} ms`);
    const many = await crowd(bench, bench.size(1000));
    const complete = ({ people, tookMs }: Crowd) => (100 * tookMs.length) / people;
    const late = ({ tookMs }: Crowd) => percentile(tookMs, 0.95) - modelMs;
    const points = ({ tookMs }: Crowd) =>
      [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1].map((share): [number, number] => [
        share * 100,
        percentile(tookMs, share) / 1000,
      ]);
    return {
      rows: [
        { name: `${many.people} users complete`, value: complete(many), unit: "%", atLeast: 100 },
        {
          name: `${many.people} users, p95 above the model's time`,
          value: late(many),
          unit: "ms",
          atMost: 1000,
        },
        { name: `${few.people} users complete`, value: complete(few), unit: "%", atLeast: 100 },
        {
          name: `${few.people} users, p95 above the model's time`,
          value: late(few),
          unit: "ms",
          atMost: 500,
        },
      ],
      charts: [
        {
          title: "time to the ending",
          x: "percentile",
          y: "s",
          series: [
            { name: `${few.people} users`, points: points(few) },
            { name: `${many.people} users`, points: points(many) },
          ],
        },
      ],
      notes: ["The worker may run 1,000 jobs at once (CHAT_WORKER_CONCURRENCY)."],
    };
  },
};
