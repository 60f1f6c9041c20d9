import type { Log } from "./log.ts";

type Closer = () => unknown;
/** Closers that may run side by side, by name. */
type Phase = Readonly<Record<string, Closer>>;

/**
 * Returns a function that closes phase after phase, every closer of a phase at once. Tries every closer,
 * reports each failure by name, and runs once however often it is called. Resolves to true when all went well.
 */
export function closeInOrder(log: Log, phases: readonly Phase[]): () => Promise<boolean> {
  let closing: Promise<boolean> | undefined;
  const run = async () => {
    let clean = true;
    for (const phase of phases) {
      const names = Object.keys(phase);
      const results = await Promise.allSettled(
        Object.values(phase).map(async (close) => {
          await close();
        }),
      );
      results.forEach((result, i) => {
        if (result.status === "fulfilled") return;
        clean = false;
        log.error("close failed", { closer: names[i], error: result.reason });
      });
    }
    return clean;
  };
  return () => (closing ??= run());
}

/**
 * Waits for SIGTERM, SIGINT or the end of a loop, then closes. A loop that ends by itself is a crash: exit
 * code 1. A second signal exits 1 at once.
 */
export async function runUntilSignal(
  loops: readonly Promise<unknown>[],
  close: () => Promise<boolean>,
  log: Log,
): Promise<number> {
  const signalled = new Promise<"signal">((resolve) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      signals++;
      if (signals > 1) process.exit(1);
      log.info("stopping", { signal });
      resolve("signal");
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  const crashed = Promise.race(
    loops.map((loop) =>
      loop.then(
        () => new Error("a loop ended by itself"),
        (cause: unknown) => cause,
      ),
    ),
  );
  const why = await Promise.race(loops.length > 0 ? [signalled, crashed] : [signalled]);
  if (why !== "signal") log.error("loop crashed", { error: why });
  const clean = await close();
  return why === "signal" && clean ? 0 : 1;
}
