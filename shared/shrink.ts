/** Often enough that memory comes back within seconds, rare enough to cost nothing. */
const lookEveryMs = 5_000;

interface Work {
  /** Rises with everything that leaves garbage behind: jobs that ended, streams that opened or closed. */
  turnover(): number;
  /** False: not now, it would stand in the way. Default: whenever nothing was turned over since the last look. */
  readonly isQuiet?: () => boolean;
  /** Less than this is not worth it. */
  readonly least: number;
}

/** Collects garbage and gives the system what is left over: some 20 ms, 50 with 1,000 jobs. */
export function freeMemory(): void {
  Bun.gc(true);
  Bun.shrink();
}

/**
 * Gives memory back once after a spell of work. Measured on 2 vCPU: after 500 jobs an idle worker holds 129 MB, and
 * 102 MB after this, which costs some 20 ms (2026-11-20); a gateway with 9,000 new readers 185 MB, and 153 MB
 * after this (2026-11-21). Returns what ends it.
 */
export function shrinkAfter(work: Work): () => void {
  let shrunkAt = work.turnover();
  let lastSeen = shrunkAt;
  const timer = setInterval(() => {
    const now = work.turnover();
    const isQuiet = work.isQuiet ? work.isQuiet() : now === lastSeen;
    lastSeen = now;
    if (!isQuiet || now - shrunkAt < work.least) return;
    shrunkAt = now;
    freeMemory();
  }, lookEveryMs);
  return () => clearInterval(timer);
}
