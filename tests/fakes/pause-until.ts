/** Waits for a condition, at most 5 s. */
export async function pauseUntil(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error("waited 5 s for a condition");
    await Bun.sleep(2);
  }
}
