// How large a picture says it is, read from its header alone: a file of a few kilobytes can ask whoever decodes it
// for gigabytes.

interface ImageSize {
  readonly width: number;
  readonly height: number;
}
/** Bytes of a file or a buffer; fewer than asked for at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** Segments, chunks or boxes looked at: a real picture has its size among the first. */
const maxParts = 512;

/** The size in the header of a picture of this type, undefined when there is none to be found. */
export async function imageSizeOf(type: string, read: ReadAt): Promise<ImageSize | undefined> {
  switch (type) {
    case "image/png":
      return png(await view(read, 0, 24));
    case "image/gif":
      return gif(await view(read, 0, 10));
    case "image/webp":
      return webp(await view(read, 0, 30));
    case "image/jpeg":
      return jpeg(read);
    case "image/heic":
      return heic(read);
    default:
      return undefined;
  }
}

async function view(read: ReadAt, offset: number, length: number): Promise<DataView | undefined> {
  const bytes = await read(offset, length);
  if (bytes.length < length) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const name = (data: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => data.getUint8(at + i)));

function png(data: DataView | undefined): ImageSize | undefined {
  if (!data || name(data, 12) !== "IHDR") return undefined;
  return { width: data.getUint32(16), height: data.getUint32(20) };
}

function gif(data: DataView | undefined): ImageSize | undefined {
  return data && { width: data.getUint16(6, true), height: data.getUint16(8, true) };
}

/** Lossy, lossless, or extended with a canvas size. */
function webp(data: DataView | undefined): ImageSize | undefined {
  if (!data) return undefined;
  switch (name(data, 12)) {
    case "VP8 ":
      return {
        width: data.getUint16(26, true) & 0x3fff,
        height: data.getUint16(28, true) & 0x3fff,
      };
    case "VP8L": {
      const bits = data.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: uint24(data, 24) + 1, height: uint24(data, 27) + 1 };
    default:
      return undefined;
  }
}

const uint24 = (data: DataView, at: number) =>
  data.getUint16(at, true) | (data.getUint8(at + 2) << 16);

/** Walks the segments to the frame header; camera data may be long before it. */
async function jpeg(read: ReadAt): Promise<ImageSize | undefined> {
  let at = 2;
  for (let parts = 0; parts < maxParts; parts++) {
    const head = await view(read, at, 9);
    if (!head || head.getUint8(0) !== 0xff) return undefined;
    const marker = head.getUint8(1);
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: head.getUint16(7), height: head.getUint16(5) };
    if (marker === 0xd9 || marker === 0xda) return undefined;
    at += 2 + head.getUint16(2);
  }
  return undefined;
}

/** The largest `ispe` of meta/iprp/ipco: tiles and thumbnails have their own. */
async function heic(read: ReadAt): Promise<ImageSize | undefined> {
  let inside = { from: 0, to: Number.MAX_SAFE_INTEGER };
  for (const [box, skip] of [
    ["meta", 4],
    ["iprp", 0],
    ["ipco", 0],
  ] as const) {
    let found: typeof inside | undefined;
    for await (const part of boxes(read, inside)) {
      if (part.name !== box) continue;
      found = { from: part.from + skip, to: part.to };
      break;
    }
    if (!found) return undefined;
    inside = found;
  }
  let largest: ImageSize | undefined;
  for await (const part of boxes(read, inside)) {
    const data = part.name === "ispe" ? await view(read, part.from, 12) : undefined;
    if (!data) continue;
    const size = { width: data.getUint32(4), height: data.getUint32(8) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

async function* boxes(read: ReadAt, { from, to }: { from: number; to: number }) {
  for (let at = from, parts = 0; at + 8 <= to && parts < maxParts; parts++) {
    const head = await view(read, at, 8);
    if (!head) return;
    const length = head.getUint32(0);
    if (length < 8) return; // 64-bit and open boxes hold the picture itself, never what is looked for
    yield { name: name(head, 4), from: at + 8, to: Math.min(to, at + length) };
    at += length;
  }
}
