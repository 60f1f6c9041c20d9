// The characters' pictures: `bun gateway/images/art/draw.ts` writes `pictures.json` from the shapes. They are shipped
// drawn, because drawing takes a gateway 50 ms of its event loop each, and 15 MB (2026-11-21, 2 cores, busy).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawings } from "./characters.ts";
import { paint, side } from "./paint.ts";
import { encodePng } from "./png.ts";

/** A character's picture as a PNG, undefined for a name that is no asset of ours. */
export async function drawCharacter(asset: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const drawing = Object.entries(drawings).find(([name]) => name === asset)?.[1];
  return drawing && encodePng(paint(drawing()), side);
}

/** All of them in base64, by asset. */
export async function drawAll(): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [asset, drawing] of Object.entries(drawings)) {
    all[asset] = Buffer.from(await encodePng(paint(drawing()), side)).toString("base64");
  }
  return all;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "pictures.json");
  await writeFile(path, `${JSON.stringify(await drawAll(), null, 2)}\n`);
}
