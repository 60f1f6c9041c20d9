import { ask, invite, streamOf } from "../load/fleet.ts";
import { take } from "../load/resume.ts";
import { percentile } from "../figures.ts";
import type { BenchFigure } from "./figure.ts";

const lengths = [100, 1000, 5000];
const cuts = 100;

/** Coming back at any place of answers of any length. */
export const resume: BenchFigure = {
  number: 8,
  title: "Resume after a drop",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const people = await invite(fleet, lengths.length);
    const results = [];
    for (const [i, tokens] of lengths.entries()) {
      const person = people[i];
      if (!person) break;
      const job = await ask(person, { think: 500, rate: 500, tokens });
      const whole = await streamOf(fleet, person, job);
      const { text } = await take(whole.port, whole.head);
      const frames = text.split("\n\n").filter((frame) => frame.includes("\ndata: "));
      const sizes = frames.map((frame) => Buffer.byteLength(frame) + 2);
      const ids = frames.map((frame) => /^id: (\S+)$/m.exec(frame)?.[1]);
      const answer = frames.reduce((sum, frame) => {
        const content = /"content":"([^"]*)"/.exec(frame)?.[1];
        return sum + Buffer.byteLength(content ?? "");
      }, 0);
      const done = sizes.at(-1) ?? 0;
      const [times, ratios]: [number[], number[]] = [[], []];
      for (let cut = 0; cut < bench.size(cuts); cut++) {
        const at = Math.floor(Math.random() * (frames.length - 1));
        const order = await streamOf(fleet, person, job, ids[at]);
        const { firstMs, bytes } = await take(order.port, order.head);
        const delta = sizes.slice(at + 1).reduce((sum, size) => sum + size, 0);
        times.push(firstMs);
        ratios.push(bytes / Math.min(delta, answer + 250 + done));
      }
      results.push({ tokens, p99: percentile(times, 0.99), ratio: percentile(ratios, 1) });
      bench.say(`${tokens} tokens: p99 ${results.at(-1)?.p99.toFixed(1)} ms`);
    }
    return {
      rows: results.flatMap(({ tokens, p99, ratio }) => [
        { name: `${tokens} tokens, first byte p99`, value: p99, unit: "ms", atMost: 20 },
        {
          name: `${tokens} tokens, most bytes against the smaller of delta and snapshot`,
          value: ratio,
          unit: "x",
          atMost: 1.1,
        },
      ]),
      charts: [
        {
          title: "First byte after coming back, p99",
          x: "tokens of the answer",
          y: "ms",
          series: [
            {
              name: "resume",
              points: results.map(({ tokens, p99 }): [number, number] => [tokens, p99]),
            },
          ],
        },
      ],
      notes: [
        "A snapshot is taken as the answer's bytes, 250 of framing, and the ending. A known id gets exactly what follows it, " +
          "so a reader cut off early gets a delta that is larger than a snapshot would be.",
      ],
    };
  },
};
