import { until } from "../../shared/testing/until.ts";
import type { FaultKind } from "./kinds.ts";
import { type Load, seeded, startLoad } from "./load.ts";
import { type Rig, startRig } from "./rig.ts";
import { silencesAround } from "./silences.ts";
import type { Violation } from "./verify.ts";

interface ChaosOptions {
  readonly kills: number;
  readonly streams: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  readonly say: (line: string) => void;
  /** Aborted: no further fault; running jobs end and the result tells of those that were. */
  readonly stop: AbortSignal;
  /** Aborted: everything is taken down at once. */
  readonly giveUp: AbortSignal;
}

/** One fault of a run, and what the streams showed of it. */
interface Injected {
  readonly kind: string;
  /** Milliseconds since the first fault could happen. */
  readonly atMs: number;
  readonly causeMs: number;
  readonly streamsMs: readonly number[];
  /** What showed between this fault and the next one. */
  readonly violations: Violation[];
}

export interface ChaosResult {
  readonly seed: number;
  readonly streams: number;
  readonly seconds: number;
  readonly faults: readonly Injected[];
  readonly counts: Load["counts"];
  /** Endings that were not `completed`, by error code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers to POSTs of messages by status; 0: none. */
  readonly posts: Readonly<Record<string, number>>;
}

/** A fleet of two gateways, two routers and two workers under load, one random fault after another. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { streams, seed, say, giveUp } = options;
  say(`seed ${seed}; starting a fleet of two gateways, two routers and two workers`);
  const rig = await startRig({ gateways: 2, routers: 2, workers: 2 }, { CHAT_LOCAL_PACE_MS: "25" });
  try {
    const givenUp = new Promise<never>((_, reject) => {
      if (giveUp.aborted) reject(new Error("given up"));
      giveUp.addEventListener("abort", () => reject(new Error("given up")));
    });
    givenUp.catch(() => {});
    const load = startLoad(rig, streams, seeded(seed + 1));
    return await Promise.race([inject(rig, load, options), givenUp]);
  } finally {
    await rig.stop();
  }
}

async function inject(rig: Rig, load: Load, options: ChaosOptions): Promise<ChaosResult> {
  const { kills, streams, seed, kinds, say, stop } = options;
  const random = seeded(seed);
  while (load.running.size < Math.min(streams, 5)) await Bun.sleep(50);
  const startedAt = performance.now();
  const faults: Injected[] = [];
  const attribute = (violations: readonly Violation[]) => {
    for (const one of violations) {
      const at = one.at - startedAt;
      const fault = faults.findLast((each) => each.atMs <= at) ?? faults[0];
      fault?.violations.push(one);
      say(`VIOLATION ${one.flaw}  job ${one.job}  ${one.detail}  (after: ${fault?.kind})`);
    }
  };
  for (let i = 1; i <= kills && !stop.aborted; i++) {
    const kind = kinds[Math.floor(random() * kinds.length)];
    if (!kind) throw new Error("no fault to inject");
    // a fault that nothing was running under would show nothing
    await until(() => load.running.size >= streams / 2 || stop.aborted, {
      what: "streams to break",
      timeoutMs: 130_000,
    });
    const atMs = performance.now() - startedAt;
    const broken = async () => void (await kind.inject(rig, random));
    const { causeMs, streamsMs } = await silencesAround(load, broken, stop);
    faults.push({ kind: kind.name, atMs, causeMs, streamsMs, violations: [] });
    const slowest =
      streamsMs.length > 0 ? `silent for ${ms(Math.max(...streamsMs))}` : "nobody waited";
    say(`${i}/${kills}  ${kind.name} (${ms(causeMs)})  ${streamsMs.length} streams, ${slowest}`);
    attribute(await load.verdict({ startedBefore: 0 }));
    await Bun.sleep(random() * 1000);
  }
  say(stop.aborted ? "stopping: letting the running jobs end" : "letting the last jobs end");
  const told = faults.flatMap(({ violations }) => violations);
  attribute((await load.finish()).filter((one) => !told.includes(one)));
  return {
    seed,
    streams,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    faults,
    counts: load.counts,
    failures: Object.fromEntries(load.failures),
    posts: Object.fromEntries(load.posts),
  };
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
