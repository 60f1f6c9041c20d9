import { parseArgs } from "node:util";
import { percentile } from "../../bench/figures.ts";
import { type FaultKind, faultKinds } from "./kinds.ts";
import { type Load, seeded, startLoad } from "./load.ts";
import { startRig } from "./rig.ts";
import { type Flaw, flaws, type Violation } from "./verify.ts";

/** A stream that shows nothing for this long after a fault has not recovered. */
const recoveryPatienceMs = 60_000;

/** What one kind of fault did over a run. */
interface Tally {
  runs: number;
  readonly recoveriesMs: number[];
}

/** Streams are watched at least this long after a fault is over. */
const watchMs = 2500;

/**
 * The longest silence each running stream had, from the fault until all of them moved on after it was over.
 * Streams that ended meanwhile count with the silence they had.
 */
async function recoveries(load: Load, inject: () => Promise<void>): Promise<number[]> {
  const startedAt = performance.now();
  const previousAt = new Map([...load.progress.lastEventAt.keys()].map((key) => [key, startedAt]));
  const longest = new Map<string, number>();
  const waiting = new Set(previousAt.keys());
  let isOver = false;
  const stopListening = load.onEvent((stream, at) => {
    const before = previousAt.get(stream);
    if (before === undefined) return;
    previousAt.set(stream, at);
    longest.set(stream, Math.max(longest.get(stream) ?? 0, at - before));
    if (isOver) waiting.delete(stream);
  });
  const stopEnds = load.onEnd((stream) => {
    previousAt.delete(stream);
    waiting.delete(stream);
  });
  await inject();
  isOver = true;
  const overAt = performance.now();
  const isWatching = () =>
    performance.now() - overAt < watchMs ||
    (waiting.size > 0 && performance.now() - overAt < recoveryPatienceMs);
  while (isWatching()) await Bun.sleep(20);
  stopListening();
  stopEnds();
  for (const stream of waiting) longest.set(stream, recoveryPatienceMs);
  return [...longest.values()];
}

export interface ChaosOptions {
  readonly kills: number;
  readonly streams: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Draw only from these. */
  readonly kinds?: readonly FaultKind[];
}

export interface ChaosResult {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly violations: readonly Violation[];
  readonly counts: Load["counts"];
}

/** A fleet of two gateways, two routers and two workers under load, one random fault after another. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { kills, streams, seed, say, kinds = faultKinds } = options;
  const random = seeded(seed);
  const rig = await startRig({ gateways: 2, routers: 2, workers: 2 }, { CHAT_LOCAL_PACE_MS: "25" });
  const tallies = new Map<string, Tally>();
  try {
    const load = startLoad(rig, streams, seeded(seed + 1));
    while (load.progress.lastEventAt.size < Math.min(streams, 5)) await Bun.sleep(50);
    for (let i = 1; i <= kills; i++) {
      const kind = kinds[Math.floor(random() * kinds.length)];
      if (!kind) throw new Error("no fault to inject");
      const times = await recoveries(load, () => kind.inject(rig, random));
      const tally = tallies.get(kind.name) ?? { runs: 0, recoveriesMs: [] };
      tally.runs++;
      tally.recoveriesMs.push(...times);
      tallies.set(kind.name, tally);
      const slowest = times.length > 0 ? `${Math.round(Math.max(...times))} ms` : "nobody waited";
      say(`${i}/${kills}  ${kind.name}  ${times.length} streams, slowest ${slowest}`);
      await Bun.sleep(random() * 1000);
    }
    say("letting the last jobs end");
    const violations = await load.finish();
    return { tallies, violations, counts: load.counts };
  } finally {
    await rig.stop();
  }
}

/** A Markdown table: what each kind of fault did. */
export function chaosTable({ tallies, violations, counts }: ChaosResult): string {
  const rows = [...tallies].sort(([a], [b]) => a.localeCompare(b));
  const ms = (samples: readonly number[], share: number) =>
    samples.length === 0 ? "–" : `${Math.round(percentile(samples, share))}`;
  const count = (flaw: Flaw) => violations.filter((one) => one.flaw === flaw).length;
  return [
    "| Fault | Runs | Streams waiting | Recovery p50, ms | p99, ms |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows.map(
      ([name, { runs, recoveriesMs }]) =>
        `| ${name} | ${runs} | ${recoveriesMs.length} | ${ms(recoveriesMs, 0.5)} | ${ms(recoveriesMs, 0.99)} |`,
    ),
    "",
    `| ${flaws.join(" | ")} | asked | ended | completed | resumes |`,
    `| ${[...flaws, "", "", "", ""].map(() => "---:").join(" | ")} |`,
    `| ${flaws.map(count).join(" | ")} | ${counts.asked} | ${counts.ended} | ${counts.completed} | ${counts.resumed} |`,
  ].join("\n");
}

const usage = `Usage: bun run chaos [--kills N] [--streams M] [--seed S] [--only TEXT]

The whole fleet under load, one random fault after another; every event of every stream is checked.

  --kills N     faults to inject (default 30)
  --streams M   people asking at once (default 20)
  --seed S      repeats the same faults (default: drawn and printed)
  --only TEXT   only faults whose name contains TEXT

Exits 1 when anything was lost, repeated, reordered, ended twice or not at all, or a row is wrong.`;

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return Number(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string" },
      streams: { type: "string" },
      seed: { type: "string" },
      only: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seed = wholeNumber("seed", values.seed, Math.floor(Math.random() * 1e9));
  const kinds = faultKinds.filter((kind) => kind.name.includes(values.only ?? ""));
  console.log(`seed ${seed}`);
  const result = await runChaos({
    kills: wholeNumber("kills", values.kills, 30),
    streams: wholeNumber("streams", values.streams, 20),
    seed,
    kinds,
    say: (line) => console.log(line),
  });
  console.log(`\n${chaosTable(result)}`);
  for (const one of result.violations.slice(0, 20))
    console.log(`${one.flaw} ${one.job} ${one.detail}`);
  return result.violations.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    console.error(usage);
    process.exitCode = 2;
  }
}
