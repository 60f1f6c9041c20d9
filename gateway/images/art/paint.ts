import type { Shape } from "./shapes.ts";

/** Side of a picture, in pixels; shapes are drawn in these. */
export const side = 192;
const edgeWidth = 5;
/** Steps of a smooth edge: more of them are not seen, and do not compress. */
const shades = 6;

/** Paints shapes over each other, the first at the bottom, on nothing. RGBA, row by row: no more than a row is in numbers. */
export function paint(shapes: readonly Shape[]): Uint8ClampedArray {
  const layers = shapes.flatMap((shape) => [
    ...(shape.edge === undefined ? [] : [{ shape, grown: edgeWidth, colour: parts(shape.edge) }]),
    { shape, grown: 0, colour: parts(shape.fill) },
  ]);
  const row = new Float32Array(side * 4);
  const out = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y++) {
    row.fill(0);
    for (const layer of layers) lay(row, y, layer);
    for (let at = 0; at < row.length; at += 4) {
      const alpha = row[at + 3] ?? 0;
      const to = y * row.length + at;
      for (let c = 0; c < 3; c++) out[to + c] = alpha === 0 ? 0 : (row[at + c] ?? 0) / alpha;
      out[to + 3] = alpha * 255;
    }
  }
  return out;
}

interface Layer {
  readonly shape: Shape;
  readonly grown: number;
  readonly colour: readonly [number, number, number, number];
}

const clip = (value: number) => Math.min(side, Math.max(0, Math.round(value)));

/** Source over destination, colours multiplied by their opacity. */
function lay(row: Float32Array, y: number, { shape, grown, colour }: Layer): void {
  const { distance, box } = shape;
  const [left, top, right, bottom] = box;
  if (y < clip(top - grown - 2) || y >= clip(bottom + grown + 2)) return;
  const [red, green, blue, opacity] = colour;
  for (let x = clip(left - grown - 2); x < clip(right + grown + 2); x++) {
    const near = Math.min(1, Math.max(0, 0.5 - distance(x + 0.5, y + 0.5) + grown));
    const cover = Math.round(near * shades) / shades;
    if (cover === 0) continue;
    const alpha = cover * opacity;
    const at = x * 4;
    row[at] = red * alpha + (row[at] ?? 0) * (1 - alpha);
    row[at + 1] = green * alpha + (row[at + 1] ?? 0) * (1 - alpha);
    row[at + 2] = blue * alpha + (row[at + 2] ?? 0) * (1 - alpha);
    row[at + 3] = alpha + (row[at + 3] ?? 0) * (1 - alpha);
  }
}

function parts(colour: string): [number, number, number, number] {
  const part = (i: number) => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [part(0), part(1), part(2), colour.length > 7 ? part(3) / 255 : 1];
}
