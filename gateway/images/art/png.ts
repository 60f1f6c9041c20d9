import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";

const squeeze = promisify(deflate);

/** A PNG of RGBA pixels. No filter: flat drawings are smallest without one. */
export async function encodePng(
  pixels: Uint8ClampedArray,
  side: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const row = side * 4;
  const raw = new Uint8Array(side * (row + 1));
  for (let y = 0; y < side; y++) {
    raw.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, side);
  header.setUint32(4, side);
  header.setUint8(8, 8); // bits of a channel
  header.setUint8(9, 6); // red, green, blue, alpha
  const data = await squeeze(raw, { level: 9 });
  return new Uint8Array(
    Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      chunk("IHDR", new Uint8Array(header.buffer)),
      chunk("IDAT", data),
      chunk("IEND", new Uint8Array()),
    ]),
  );
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
