import { percentile } from "../figures.ts";
import { ask, type Fleet, invite, type Person, streamOf } from "../load/fleet.ts";
import { take } from "../load/resume.ts";
import type { BenchFigure } from "./figure.ts";

const lengths = [100, 1000, 5000];
const cuts = 100;
const rate = 500;
/** How long the answer takes that a reader joins in its middle. */
const lateSeconds = 4;
/** A `token_recovery` without its text: names, ids, and the lines around them. */
const recoveryBytes = 250;

const framesOf = (text: string) => text.split("\n\n").filter((frame) => frame.includes("\ndata: "));
const sizeOf = (frame: string) => Buffer.byteLength(frame) + 2;
const idOf = (frame: string) => /^id: (\S+)$/m.exec(frame)?.[1];
const field = (frame: string, name: string) =>
  Buffer.byteLength(new RegExp(`"${name}":"([^"]*)"`).exec(frame)?.[1] ?? "");

/** A reader without an id, in the middle of an answer: what it got before the first live token, against a snapshot. */
async function joinLate(fleet: Fleet, person: Person, tokens: number): Promise<number> {
  const job = await ask(person, { think: 500, rate: tokens / lateSeconds, tokens });
  await Bun.sleep(500 + lateSeconds * 600);
  const { port, head } = await streamOf(fleet, person, job);
  const frames = framesOf((await take(port, head)).text);
  const at = frames.findIndex((frame) => frame.includes("event: token_recovery"));
  const first = frames.findIndex((frame) => frame.includes("event: token\n"));
  if (at === -1 || first < at) throw new Error("a late reader got no snapshot");
  const opening = frames.slice(0, first);
  const stages = opening.filter((_, i) => i !== at).reduce((sum, frame) => sum + sizeOf(frame), 0);
  const sent = opening.reduce((sum, frame) => sum + sizeOf(frame), 0);
  return sent / (stages + field(frames[at] ?? "", "accumulated") + recoveryBytes);
}

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
      const snapshot = await joinLate(fleet, person, tokens);
      const job = await ask(person, { think: 500, rate, tokens });
      const whole = await streamOf(fleet, person, job);
      const frames = framesOf((await take(whole.port, whole.head)).text);
      const sizes = frames.map(sizeOf);
      const answer = frames.reduce((sum, frame) => sum + field(frame, "content"), 0);
      const done = sizes.at(-1) ?? 0;
      const [times, deltas, both]: [number[], number[], number[]] = [[], [], []];
      for (let cut = 0; cut < bench.size(cuts); cut++) {
        const at = Math.floor(Math.random() * (frames.length - 1));
        const order = await streamOf(fleet, person, job, idOf(frames[at] ?? ""));
        const { firstMs, bytes } = await take(order.port, order.head);
        const delta = sizes.slice(at + 1).reduce((sum, size) => sum + size, 0);
        times.push(firstMs);
        deltas.push(bytes / delta);
        both.push(bytes / Math.min(delta, answer + recoveryBytes + done));
      }
      const p99 = percentile(times, 0.99);
      results.push({ tokens, p99, snapshot, delta: Math.max(...deltas), both: Math.max(...both) });
      bench.say(`${tokens} tokens: p99 ${p99.toFixed(1)} ms`);
    }
    return {
      rows: results.flatMap(({ tokens, p99, delta, snapshot, both }) => [
        { name: `${tokens} tokens, first byte p99`, value: p99, unit: "ms", atMost: 20 },
        {
          name: `${tokens} tokens, with an id: most bytes against what follows it`,
          value: delta,
          unit: "x",
          atMost: 1.1,
        },
        {
          name: `${tokens} tokens, without an id: bytes against the text so far`,
          value: snapshot,
          unit: "x",
          atMost: 1.1,
        },
        {
          name: `${tokens} tokens, with an id: most bytes against the smaller of both`,
          value: both,
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
        `A snapshot is taken as the stages, the text's bytes, ${recoveryBytes} of framing, and the ending. Which of both a reader gets ` +
          "is its own choice: with its last id exactly what follows it, event by event, without one the text so far. The last " +
          "row asks the server to choose. It does not: a known id is promised exactly what follows, every id once, and a " +
          "frame carries ten times as many bytes as its token, so a reader cut off early in a long answer gets more than the text.",
      ],
    };
  },
};
