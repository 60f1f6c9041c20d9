import { type Child, obituary } from "./child.ts";
import { StackFailure } from "./failure.ts";
import type { Say } from "./say.ts";
import { untilReady } from "./services/ready.ts";

/**
 * A process of the fleet that is started again when it dies.
 * States: starting (until first ready; a death here is fatal) -> running -> died: started again at once, or
 * after a growing pause when it lived under 5 s -> given up at the fifth such death within 30 s; stopped.
 */
export interface Kept {
  readonly name: string;
  child(): Child;
  /** Resolves when first ready; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Rejects when it is given up; never resolves. */
  readonly givenUp: Promise<never>;
  stop(graceMs: number): Promise<void>;
  kill(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  readonly start: () => Child;
  readonly isReady: () => Promise<boolean>;
  readonly say: Say;
  /** The pid changed. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
  /** Quick deaths in a row before it is given up; default `limits.quickDeaths`. */
  readonly deathsAllowed?: number;
}

export const limits = {
  quickDeathMs: 5000,
  quickDeaths: 5,
  windowMs: 30_000,
  firstPauseMs: 250,
  readyMs: 60_000,
} as const;

export function keepRunning(options: KeepOptions): Kept {
  const { name, say, isReady } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const givenUp = Promise.withResolvers<never>();
  givenUp.promise.catch(() => {}); // the supervisor listens; a stop leaves nobody
  let child: Child = options.start();

  const ready = untilReady(child, isReady, { withinMs: limits.readyMs, signal });
  const watch = async () => {
    await ready;
    let quickDeaths: number[] = [];
    for (;;) {
      const how = await child.ended;
      if (signal.aborted) return;
      const now = Date.now();
      if (now - child.startedAt < limits.quickDeathMs) quickDeaths.push(now);
      else quickDeaths = [];
      quickDeaths = quickDeaths.filter((at) => now - at < limits.windowMs);
      if (quickDeaths.length >= (options.deathsAllowed ?? limits.quickDeaths)) {
        const often = `died ${quickDeaths.length} times within ${limits.windowMs / 1000} s: it`;
        givenUp.reject(new StackFailure(obituary(child, `${often} ${how}`)));
        return;
      }
      const pauseMs = pauseAfter(quickDeaths.length);
      say.warn(`${name} (pid ${child.id.pid}) ${how}; starting it again`);
      await Bun.sleep(pauseMs);
      if (signal.aborted) return;
      child = options.start();
      options.onChange();
      void announce(child);
    }
  };
  const announce = async (restarted: Child) => {
    const options = { withinMs: limits.readyMs, signal };
    const isBack = await untilReady(restarted, isReady, options).then(
      () => true,
      () => false,
    );
    if (isBack) say(`${name} is ready again (pid ${restarted.id.pid})`);
  };
  watch().catch(() => {}); // a first start that fails is told by `ready`
  ready.catch(() => {});

  return {
    name,
    child: () => child,
    ready,
    givenUp: givenUp.promise,
    async stop(graceMs) {
      stop.abort();
      await child.stop(graceMs);
    },
    async kill() {
      stop.abort();
      await child.kill();
    },
  };
}

/** None after the first quick death, then 250 ms, 500 ms, 1 s. */
export function pauseAfter(quickDeaths: number): number {
  return quickDeaths < 2 ? 0 : limits.firstPauseMs * 2 ** (quickDeaths - 2);
}
