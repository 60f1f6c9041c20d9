/** The port for time: tests bring their own. Order and deadlines never use `wallMs`. */
export interface Clock {
  /** Milliseconds since 1970, for people and tokens. */
  wallMs(): number;
  /** Milliseconds that only rise, for durations. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * The store's time, read once and carried on by this host's monotonic clock: every writer of a chat then agrees,
 * however wrong their own clocks are.
 */
export function storeClock(storeNowMs: number, clock: Clock): Clock {
  const offsetMs = storeNowMs - clock.monotonicMs();
  return {
    wallMs: () => Math.round(clock.monotonicMs() + offsetMs),
    monotonicMs: () => clock.monotonicMs(),
  };
}

/** `1768800397.12`: the contract's `ts`. */
export function epochSeconds(clock: Clock): string {
  return (clock.wallMs() / 1000).toFixed(2);
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
