import type { Load } from "./load.ts";

/** A stream that shows nothing for this long after a fault has not recovered. */
const patienceMs = 60_000;
/** Streams are watched at least this long after a fault is over: what it broke may show late. */
const watchMs = 2500;
/** A stream that was heard of within this time moves. */
const movingMs = 1000;

export interface Silences {
  /** How long the cause itself took. */
  readonly causeMs: number;
  /** performance.now() when the cause was over. */
  readonly overAt: number;
  /** The longest time each stream showed nothing, from the start of the fault until all move again. */
  readonly streamsMs: readonly number[];
}

/**
 * Injects a fault and watches every stream that runs during it, until all of them move or have ended. The
 * silence of one that never comes back counts as `patienceMs`.
 */
export async function silencesAround(
  load: Load,
  inject: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Silences> {
  const startedAt = performance.now();
  /** When each stream that runs was last heard of. */
  const heardAt = new Map([...load.running.keys()].map((stream) => [stream, startedAt]));
  const longest = new Map<string, number>();
  const note = (stream: string, at: number) => {
    const before = heardAt.get(stream);
    if (before !== undefined) longest.set(stream, Math.max(longest.get(stream) ?? 0, at - before));
  };
  const stopListening = load.listen((stream, what, at) => {
    note(stream, at);
    if (what === "event") heardAt.set(stream, at);
    else heardAt.delete(stream);
  });
  try {
    await inject();
    const overAt = performance.now();
    const isMoving = () => {
      const now = performance.now();
      if (now - overAt < watchMs) return false;
      return [...heardAt.values()].every((at) => now - at < movingMs);
    };
    while (!isMoving() && performance.now() - overAt < patienceMs && !signal?.aborted) {
      await Bun.sleep(20);
    }
    const now = performance.now();
    for (const [stream, at] of heardAt) {
      if (now - at < movingMs) continue;
      if (signal?.aborted) note(stream, now);
      else longest.set(stream, patienceMs);
    }
    return { causeMs: overAt - startedAt, overAt, streamsMs: [...longest.values()] };
  } finally {
    stopListening();
  }
}
