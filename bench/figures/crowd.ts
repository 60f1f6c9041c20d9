import { ask, inTurns, invite, streamOf } from "../load/fleet.ts";
import { nowMs } from "../load/stamp.ts";
import type { Bench } from "./figure.ts";

/** 1 s of thinking and 200 tokens at 20/s: 11 s. */
const pace = { think: 1000, rate: 20, tokens: 200 };
export const modelMs = pace.think + (pace.tokens / pace.rate) * 1000;

export interface Crowd {
  readonly people: number;
  /** ms from the POST to the ending, of those that came to one. */
  readonly tookMs: readonly number[];
  readonly postMs: readonly number[];
  readonly refused: number;
}

/** So many people ask at the same moment; one worker process answers. */
export async function crowd(bench: Bench, people: number): Promise<Crowd> {
  const fleet = await bench.fleet({ workers: 1 });
  const readers = bench.readers();
  const crowdOf = await invite(fleet, people);
  const sentAt = new Map<string, number>();
  const postMs: number[] = [];
  let refused = 0;
  await inTurns(crowdOf, people, async (person) => {
    const at = nowMs();
    try {
      const job = await ask(person, pace);
      postMs.push(nowMs() - at);
      sentAt.set(job, at);
      readers.open([await streamOf(fleet, person, job)]);
    } catch {
      refused += 1;
    }
  });
  const tookMs: number[] = [];
  await readers.until(
    "every ending",
    (told) => {
      for (const [job, at] of told.ended) tookMs.push(at - (sentAt.get(job) ?? at));
      if (told.wrong.length > 0) throw new Error(told.wrong[0]);
      return told.done + told.failed >= sentAt.size;
    },
    600_000,
  );
  return { people, tookMs, postMs, refused };
}
