/**
 * How long something may take in a test, in milliseconds. Bounds hold on a machine that does nothing else; where
 * other tests run beside, the run says by how much they are wider (`TEST_BOUNDS_FACTOR`). What must be right is
 * never wider: only time.
 */
export function bound(ms: number): number {
  return ms * factor();
}

/** How much must have happened in a time, likewise. */
export function atLeast(count: number): number {
  return count / factor();
}

function factor(): number {
  const given = Number(process.env["TEST_BOUNDS_FACTOR"] ?? 1);
  if (!(given >= 1)) throw new Error("TEST_BOUNDS_FACTOR: a number of 1 or more");
  return given;
}
