import type { Floor } from "../floor/floor.ts";
import { type Cores, countCores } from "../load/cores.ts";
import { ask, type Fleet, inTurns, type Person, streamOf } from "../load/fleet.ts";
import type { Readers } from "../load/reader-pool.ts";

/** Tokens flowing through many streams at once, seen for a while in the middle. */
export interface Flow {
  readonly offered: number;
  readonly tokensPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Of the fleet; undefined for the bare pipe. */
  readonly cores?: Cores;
}

interface Wish {
  /** Tokens/s of each stream. */
  readonly rate: number;
  readonly seconds: number;
}

const thinkMs = 3000;
const settleMs = 1500;

/** Through the fleet: a job and a reader for each person. Throws when a text is wrong. */
export async function flowThroughFleet(
  fleet: Fleet,
  readers: Readers,
  people: readonly Person[],
  { rate, seconds }: Wish,
): Promise<Flow> {
  const startedAt = performance.now();
  // long enough for the last to be sent and begun, and for what is looked at
  const tokens = Math.ceil(rate * (seconds + 20));
  const streams = await inTurns(people, 64, async (person) =>
    streamOf(fleet, person, await ask(person, { think: thinkMs, rate, tokens })),
  );
  const sentMs = performance.now() - startedAt;
  if (sentMs > 10_000)
    throw new Error(`sending took ${Math.round(sentMs)} ms, too long to measure`);
  readers.open(streams);
  // the last answer began: from here on all of them flow
  await readers.until("every first token", (told) => told.started === people.length, 20_000);
  await Bun.sleep(settleMs);
  return look(readers, people.length, rate, seconds, fleet);
}

/** Through the bare pipe. */
export async function flowThroughFloor(
  floor: Floor,
  readers: Readers,
  count: number,
  { rate, seconds }: Wish,
): Promise<Flow> {
  const { jobs, streams } = floor.answers(count);
  readers.open(streams);
  await readers.until("readers", ({ open }) => open === count);
  await Bun.sleep(500);
  const producer = await floor.produce(jobs, rate, Math.ceil(rate * (seconds + 4)));
  try {
    await Bun.sleep(settleMs);
    return await look(readers, count, rate, seconds);
  } finally {
    await producer.stop();
  }
}

async function look(
  readers: Readers,
  count: number,
  rate: number,
  seconds: number,
  fleet?: Fleet,
): Promise<Flow> {
  await readers.report(true);
  const coresUsed = fleet && countCores(fleet);
  const startedAt = performance.now();
  await Bun.sleep(seconds * 1000);
  const seen = await readers.report(true);
  const cores = coresUsed?.();
  const tookSeconds = (performance.now() - startedAt) / 1000;
  await readers.until("every ending", ({ open }) => open === 0, 120_000);
  const end = await readers.report(true);
  if (end.wrongCount > 0) throw new Error(`${end.wrongCount} wrong: ${end.wrong[0]}`);
  return {
    offered: count * rate,
    tokensPerSecond: seen.tokens / tookSeconds,
    p50: seen.ages.percentile(0.5),
    p95: seen.ages.percentile(0.95),
    p99: seen.ages.percentile(0.99),
    ...(cores ? { cores } : {}),
  };
}
