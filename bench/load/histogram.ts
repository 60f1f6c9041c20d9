/** Samples in buckets 2 % wide: exact enough for a p95, and small enough to send between processes. */
export class Histogram {
  static readonly #growth = Math.log(1.02);
  static readonly #least = 0.01;
  readonly counts: Map<number, number>;
  total = 0;

  constructor(counts: readonly (readonly [number, number])[] = []) {
    this.counts = new Map(counts);
    for (const [, count] of counts) this.total += count;
  }

  add(value: number): void {
    const bucket =
      value <= Histogram.#least
        ? 0
        : Math.ceil(Math.log(value / Histogram.#least) / Histogram.#growth);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    this.total += 1;
  }

  /** The value below which `share` of the samples lie; NaN without samples. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.total * share));
    for (const [bucket, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Histogram.#least * Math.exp(bucket * Histogram.#growth);
    }
    return Number.NaN;
  }

  toJSON(): readonly (readonly [number, number])[] {
    return [...this.counts];
  }
}
