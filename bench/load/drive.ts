/** Does `one` so many times a second until the time is over; what is late is done at once. */
export async function drive(one: () => void, perSecond: number, untilMs: number): Promise<void> {
  const startedAt = performance.now();
  for (let done = 0; performance.now() < untilMs;) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    for (; done < due; done++) one();
    await Bun.sleep(1000 / perSecond / 2);
  }
}
