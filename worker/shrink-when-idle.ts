const lookEveryMs = 5_000;

/**
 * Gives memory back once after a spell of work. Measured 2026-11-20 (2 vCPU): after 500 jobs an idle worker
 * holds 129 MB, and 102 MB after this; it costs some 20 ms while nothing runs.
 */
export function shrinkWhenIdle(work: { running(): number; settled(): number }): () => void {
  let shrunkAt = -1;
  const timer = setInterval(() => {
    if (work.running() > 0 || work.settled() === shrunkAt) return;
    shrunkAt = work.settled();
    Bun.gc(true);
    Bun.shrink();
  }, lookEveryMs);
  return () => clearInterval(timer);
}
