import { drawings } from "./characters.ts";
import { paint, side } from "./paint.ts";
import { encodePng } from "./png.ts";

/** A character's picture as a PNG, undefined for a name that is no asset of ours. */
export async function drawCharacter(asset: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const drawing = Object.entries(drawings).find(([name]) => name === asset)?.[1];
  return drawing && encodePng(paint(drawing()), side);
}
