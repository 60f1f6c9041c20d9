import { join } from "node:path";
import { Histogram } from "./histogram.ts";
import type { OpenOrder, Order, Report } from "./readers.ts";

export interface Told extends Omit<Report, "ages"> {
  readonly ages: Histogram;
}

/** Readers in a process of their own, so that they cost the generator's time and not the measurer's. */
export function startReaders() {
  let onReport: ((report: Report) => void) | undefined;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "readers.ts")], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message: Report) => onReport?.(message),
  });
  const tell = (order: Order): void => child.send(order);

  const report = async (fresh = false): Promise<Told> => {
    const { promise, resolve } = Promise.withResolvers<Report>();
    onReport = resolve;
    tell({ word: "report", fresh });
    const told = await promise;
    return { ...told, ages: new Histogram(told.ages) };
  };

  return {
    open(streams: readonly OpenOrder[]): void {
      for (let at = 0; at < streams.length; at += 1000)
        tell({ word: "open", streams: streams.slice(at, at + 1000) });
    },
    leave: (count?: number) =>
      tell(count === undefined ? { word: "leave" } : { word: "leave", count }),
    report,
    /** Waits for it; throws after a while, with what was there. */
    async until(what: string, holds: (told: Told) => boolean, timeoutMs = 60_000): Promise<Told> {
      const late = performance.now() + timeoutMs;
      for (;;) {
        const told = await report();
        if (holds(told)) return told;
        if (performance.now() > late) {
          const { open, done, failed, wrong } = told;
          throw new Error(`waited for ${what}: ${JSON.stringify({ open, done, failed, wrong })}`);
        }
        await Bun.sleep(50);
      }
    },
    async stop(): Promise<void> {
      child.disconnect();
      await child.exited;
    },
  };
}
export type Readers = ReturnType<typeof startReaders>;
