import type { Shape } from "./shapes.ts";

/** Side of a picture, in pixels; shapes are drawn in these. */
export const side = 192;
const edgeWidth = 5;
/** Steps of a smooth edge: more of them are not seen, and do not compress. */
const shades = 6;

/** Paints shapes over each other, the first at the bottom, on nothing. RGBA, row by row. */
export function paint(shapes: readonly Shape[]): Uint8ClampedArray {
  const pixels = new Float32Array(side * side * 4);
  for (const shape of shapes) {
    const grown = shape.edge === undefined ? 0 : edgeWidth;
    if (shape.edge !== undefined) lay(pixels, shape, shape.edge, grown);
    lay(pixels, shape, shape.fill, 0);
  }
  const out = new Uint8ClampedArray(pixels.length);
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] ?? 0;
    for (let c = 0; c < 3; c++) out[i + c] = alpha === 0 ? 0 : (pixels[i + c] ?? 0) / alpha;
    out[i + 3] = alpha * 255;
  }
  return out;
}

/** Source over destination, colours multiplied by their opacity. */
function lay(pixels: Float32Array, { distance, box }: Shape, colour: string, grown: number): void {
  const [red, green, blue, opacity] = parts(colour);
  const clip = (value: number) => Math.min(side, Math.max(0, Math.round(value)));
  const [left, top, right, bottom] = box;
  for (let y = clip(top - grown - 2); y < clip(bottom + grown + 2); y++) {
    for (let x = clip(left - grown - 2); x < clip(right + grown + 2); x++) {
      const near = Math.min(1, Math.max(0, 0.5 - distance(x + 0.5, y + 0.5) + grown));
      const cover = Math.round(near * shades) / shades;
      if (cover === 0) continue;
      const alpha = cover * opacity;
      const at = (y * side + x) * 4;
      pixels[at] = red * alpha + (pixels[at] ?? 0) * (1 - alpha);
      pixels[at + 1] = green * alpha + (pixels[at + 1] ?? 0) * (1 - alpha);
      pixels[at + 2] = blue * alpha + (pixels[at + 2] ?? 0) * (1 - alpha);
      pixels[at + 3] = alpha + (pixels[at + 3] ?? 0) * (1 - alpha);
    }
  }
}

function parts(colour: string): [number, number, number, number] {
  const part = (i: number) => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [part(0), part(1), part(2), colour.length > 7 ? part(3) / 255 : 1];
}
