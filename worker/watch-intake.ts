const everyMs = 1000;

/** Is intake sound, or was it within the last `withinMs`? Always once `stop` was called: a drain takes its time. */
export interface Intake {
  soundWithin(withinMs: number): boolean;
  stop(): void;
}

/**
 * Watches for what only a restart mends: connected to the broker and yet not consuming. A broker that is away
 * does not count.
 */
export function watchIntake(
  consumer: { isConsuming(): boolean },
  broker: { isUp(): boolean },
): Intake {
  let soundAt = performance.now();
  const timer = setInterval(() => {
    if (consumer.isConsuming() || !broker.isUp()) soundAt = performance.now();
  }, everyMs);
  timer.unref();
  return {
    soundWithin: (withinMs) => performance.now() - soundAt <= withinMs,
    stop: () => {
      clearInterval(timer);
      soundAt = Number.POSITIVE_INFINITY;
    },
  };
}
