/**
 * Waits until a condition holds and returns what it returned (anything truthy). Looks again every few
 * milliseconds; throws after `timeoutMs`, saying what it waited for and how the last look failed. It is long, for
 * loaded machines: where a time is promised, the test measures it (`bound`).
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<Exclude<Awaited<T>, false | null | undefined | 0 | "">> {
  const { timeoutMs = 15_000, what = condition.toString() } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      const value = await condition();
      cause = undefined;
      if (value) return value as Exclude<Awaited<T>, false | null | undefined | 0 | "">;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
    }
    await Bun.sleep(pauseMs);
  }
}
