import { expect, test } from "bun:test";
import fc from "fast-check";
import { gifOf, heicOf, jpegOf, pngOf, webpOf } from "../testing/pictures.ts";
import { imageSizeOf } from "./image-size.ts";
import { imageTypeOf } from "./image-type.ts";

const from = (bytes: Uint8Array) => async (offset: number, length: number) =>
  bytes.subarray(offset, offset + length);

const pictures = [
  ["image/png", pngOf(640, 480)],
  ["image/gif", gifOf(640, 480)],
  ["image/jpeg", jpegOf(640, 480)],
  ["image/jpeg", jpegOf(640, 480, 200_000)],
  ["image/webp", webpOf("VP8 ", 640, 480)],
  ["image/webp", webpOf("VP8L", 640, 480)],
  ["image/webp", webpOf("VP8X", 640, 480)],
  ["image/heic", heicOf(640, 480)],
] as const;

test.each(pictures)("a %s tells its type and its size", async (type, bytes) => {
  expect(imageTypeOf(bytes)).toBe(type);
  expect(await imageSizeOf(type, from(bytes))).toEqual({ width: 640, height: 480 });
});

test.each(pictures)(
  "a %s cut anywhere has no size, or the right one, and never throws",
  async (type, bytes) => {
    for (let at = 0; at < Math.min(bytes.length, 400); at++) {
      const size = await imageSizeOf(type, from(bytes.subarray(0, at)));
      expect([undefined, 640, 320]).toContain(size?.width);
    }
  },
);

test("bytes of any kind end in a size or none", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...pictures),
      fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 20 }),
      async ([type, bytes], changes) => {
        const broken = bytes.slice();
        for (const [at, value] of changes) if (at < broken.length) broken[at] = value;
        const size = await imageSizeOf(type, from(broken));
        return size === undefined || (size.width >= 0 && size.height >= 0);
      },
    ),
  ));

test.each([
  ["a page", "<html><body>"],
  ["SVG", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
  ["a film", "\0\0\0\x18ftypmp42"],
  ["a sound", "RIFF\0\0\0\0WAVEfmt "],
  ["nothing", ""],
])("%s is no picture", (_what, latin1) =>
  expect(imageTypeOf(new Uint8Array(Buffer.from(latin1, "latin1")))).toBeUndefined(),
);
