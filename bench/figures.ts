/** The value below which `share` of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = Math.ceil(sorted.length * share) - 1;
  return sorted[Math.max(0, Math.min(sorted.length - 1, at))] ?? Number.NaN;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** At most this; undefined when the figure is only told. */
  readonly bar: number | undefined;
}

export function isMet({ value, bar }: Figure): boolean {
  return bar === undefined || value <= bar;
}

/** An aligned table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${figure.value.toFixed(figure.value < 100 ? 1 : 0)} ${figure.unit}`,
    figure.bar === undefined ? "" : `≤ ${figure.bar} ${figure.unit}`,
    figure.bar === undefined ? "" : isMet(figure) ? "met" : "MISSED",
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .concat(missedLine(figures))
    .join("\n");
}

/** Says plainly which bars were missed, for whoever reads only the end. */
function missedLine(figures: readonly Figure[]): readonly string[] {
  const missed = figures.filter((figure) => !isMet(figure)).map(({ name }) => name);
  return missed.length === 0 ? [] : ["", `${missed.length} missed: ${missed.join(", ")}`];
}
