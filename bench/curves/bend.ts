export type Point = readonly [x: number, y: number];

/** Above so many times its least so far a cost counts as bent. */
const bentAt = 2;

interface Bend {
  readonly at: number;
  readonly value: number;
  readonly least: number;
}

/** The first place from which on y stays above twice its least before it: one that is high alone is a hiccup. */
export function bendOf(points: readonly Point[]): Bend | undefined {
  for (const [i, [at, value]] of points.entries()) {
    const least = Math.min(...points.slice(0, i).map(([, before]) => before));
    if (i > 0 && points.slice(i).every(([, later]) => later > bentAt * least))
      return { at, value, least };
  }
  return undefined;
}

const short = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);

/** Says where a cost bends; `of` names the cost, `x` what grows. */
export function tellBend(of: string, unit: string, x: string, points: readonly Point[]): string {
  const bend = bendOf(points);
  const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  if (!bend)
    return `${of}: no bend from ${from.toLocaleString("en")} to ${to.toLocaleString("en")} ${x}.`;
  const { at, value, least } = bend;
  return `${of}: bends at ${at.toLocaleString("en")} ${x}, ${short(value)} ${unit} after ${short(least)} ${unit} at the least.`;
}
