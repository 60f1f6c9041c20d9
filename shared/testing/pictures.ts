import { crc32, deflateSync } from "node:zlib";

// Small pictures for tests, made byte by byte.

const text = (latin1: string) => Buffer.from(latin1, "latin1");

/** A PNG that says it has this size; its pixels are those of one black row, so a large one is a bomb. */
export function pngOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const chunk = (name: string, data: Uint8Array) => {
    const body = Buffer.concat([text(name), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const rows = Buffer.alloc(Math.min(height, 4096) * (Math.min(width, 4096) + 1));
  const data = deflateSync(rows);
  const parts = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([text("\x89PNG\r\n\x1a\n"), ...parts]));
}

export function gifOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width, 0);
  size.writeUInt16LE(height, 2);
  return new Uint8Array(Buffer.concat([text("GIF89a"), size, Buffer.alloc(10), text(";")]));
}

/** A JPEG whose frame header comes after `before` bytes of camera data. */
export function jpegOf(width: number, height: number, before = 16): Uint8Array<ArrayBuffer> {
  const segments: Buffer[] = [];
  for (let left = before; left > 0; left -= 60_000) {
    const length = Math.min(left, 60_000);
    const head = Buffer.from([0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(length + 2, 2);
    segments.push(head, Buffer.alloc(length));
  }
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const parts = [text("\xff\xd8"), ...segments, frame, text("\xff\xd9")];
  return new Uint8Array(Buffer.concat(parts));
}

export function webpOf(kind: "VP8 " | "VP8L" | "VP8X", width: number, height: number) {
  const body = Buffer.alloc(18);
  if (kind === "VP8 ") {
    body.writeUInt16LE(width, 10);
    body.writeUInt16LE(height, 12);
  } else if (kind === "VP8L") {
    body[4] = 0x2f;
    body.writeUInt32LE((width - 1) | ((height - 1) << 14), 5);
  } else {
    body.writeUIntLE(width - 1, 8, 3);
    body.writeUIntLE(height - 1, 11, 3);
  }
  const parts = [text("RIFF"), Buffer.alloc(4), text("WEBP"), text(kind), body];
  return new Uint8Array(Buffer.concat(parts));
}

/** A HEIC whose thumbnail comes before the picture itself. */
export function heicOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const boxOf = (name: string, ...inside: Uint8Array[]) => {
    const body = Buffer.concat([text(name), ...inside]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length + 4);
    return Buffer.concat([length, body]);
  };
  const sizeBox = (w: number, h: number) => {
    const data = Buffer.alloc(12);
    data.writeUInt32BE(w, 4);
    data.writeUInt32BE(h, 8);
    return boxOf("ispe", data);
  };
  const properties = boxOf("ipco", sizeBox(320, 240), sizeBox(width, height));
  const meta = boxOf(
    "meta",
    Buffer.alloc(4),
    boxOf("hdlr", Buffer.alloc(20)),
    boxOf("iprp", properties),
  );
  const parts = [
    boxOf("ftyp", text("heic\0\0\0\0mif1heic")),
    meta,
    boxOf("mdat", Buffer.alloc(64)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}
