import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { pause } from "../../shared/clock.ts";
import { until } from "../../shared/testing/until.ts";
import { type Load, seeded, startLoad } from "./load.ts";
import { type Rig, type RigEnv, type Shape, startRig } from "./rig.ts";
import { type Silences, silencesAround } from "./silences.ts";
import type { StreamCheck } from "./verify.ts";

/** Streams that run while something breaks. */
const streams = 20;
/** A pace at which an answer takes a few seconds: long enough to be hit. */
const paceMs = "15";

/**
 * Longest a test may take: the patience of everything in it together. The runner ends all child processes with a test
 * that is late, this fleet too, so whatever can hang is given up before that.
 */
const testMs = 240_000;
const breaksMs = 200_000;

interface Verdict extends Silences {
  /** The longest silence of any stream. */
  readonly slowestMs: number;
}

interface Suite {
  readonly rig: Rig;
  readonly load: Load;
  /** Breaks something under load; then every stream must come out right. */
  breaks(
    inject: (rig: Rig) => Promise<unknown>,
    options?: { readonly forgiveRows?: (check: StreamCheck) => boolean },
  ): Promise<Verdict>;
}

/** One fleet under load for a file of tests. */
export function underLoad(
  options: {
    readonly shape?: Shape;
    readonly env?: RigEnv;
    readonly envOf?: (name: string) => RigEnv;
    /** The streams' store loses its data on the way, and what it knew of Idempotency-Keys. */
    readonly losesKeys?: boolean;
  } = {},
): Suite {
  const { shape = { gateways: 2, routers: 2, workers: 2 } } = options;
  setDefaultTimeout(testMs);
  let rig: Rig | undefined;
  let load: Load | undefined;
  const seed = Math.floor(Math.random() * 1e9);

  beforeAll(async () => {
    rig = await startRig(shape, { CHAT_LOCAL_PACE_MS: paceMs, ...options.env }, options.envOf);
    load = startLoad(rig, streams, seeded(seed));
    await moving(load);
  }, 120_000);

  afterAll(async () => {
    try {
      expect(await load?.finish({ mayRepeat: options.losesKeys === true })).toEqual([]);
      const { asked = 0, ended = 0, completed = 0 } = load?.counts ?? {};
      expect(ended).toBe(asked);
      // failing everything would be consistent too
      expect(completed).toBeGreaterThan(ended * 0.8);
    } finally {
      await rig?.stop();
    }
  }, 180_000);

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the fleet is not up");
    return value;
  };
  return {
    get rig() {
      return there(rig);
    },
    get load() {
      return there(load);
    },
    breaks: (inject, options) => inTime(breakUnderLoad(inject, options)),
  };

  async function breakUnderLoad(
    inject: (rig: Rig) => Promise<unknown>,
    { forgiveRows }: Parameters<Suite["breaks"]>[1] = {},
  ): Promise<Verdict> {
    const under = there(load);
    await moving(under);
    const silences = await silencesAround(under, async () => void (await inject(there(rig))));
    const startedBefore = silences.overAt;
    const verdict = await under.verdict({
      startedBefore,
      ...(forgiveRows ? { forgiveRows } : {}),
    });
    expect(verdict).toEqual([]);
    return { ...silences, slowestMs: Math.max(0, ...silences.streamsMs) };
  }
}

/** Throws before the runner ends the test. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = pause(breaksMs, over.signal).then((): never => {
    throw new Error(`the fault and its verdict took more than ${breaksMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

/** Most streams run at any moment; the others ask. */
async function moving(load: Load): Promise<void> {
  await until(() => load.running.size >= streams * 0.75, {
    what: "the streams to run",
    timeoutMs: 60_000,
  });
}
