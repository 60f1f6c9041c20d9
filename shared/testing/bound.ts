/**
 * How long something may take in a test, in milliseconds. Bounds hold on a machine that does nothing else; where
 * other tests run beside, the run says by how much they are wider (`TEST_BOUNDS_FACTOR`). What must be right is
 * never wider: only time.
 */
export function bound(ms: number): number {
  const factor = Number(process.env["TEST_BOUNDS_FACTOR"] ?? 1);
  if (!(factor >= 1)) throw new Error("TEST_BOUNDS_FACTOR: a number of 1 or more");
  return ms * factor;
}
