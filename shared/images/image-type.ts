/** What may be uploaded, by the names browsers give it. */
export const imageTypes = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/heic",
  "image/heif",
] as const;

const signatures: readonly (readonly [string, string, number])[] = [
  ["image/png", "\x89PNG\r\n\x1a\n", 0],
  ["image/jpeg", "\xff\xd8\xff", 0],
  ["image/gif", "GIF87a", 0],
  ["image/gif", "GIF89a", 0],
];
/** Brands of still pictures in an ISO media file; a film or AVIF has others. */
const heicBrands = new Set(["heic", "heix", "heim", "heis", "mif1"]);

/** The first bytes as one character each. */
const textAt = (bytes: Uint8Array, from: number, length: number) =>
  String.fromCharCode(...bytes.subarray(from, from + length));

/** Bytes that are enough to tell a picture's type. */
export const typeBytes = 12;

/** What the bytes themselves say they are, undefined when they are no known picture. */
export function imageTypeOf(bytes: Uint8Array): string | undefined {
  const found = signatures.find(([, mark, at]) => textAt(bytes, at, mark.length) === mark);
  if (found) return found[0];
  if (textAt(bytes, 0, 4) === "RIFF" && textAt(bytes, 8, 4) === "WEBP") return "image/webp";
  if (textAt(bytes, 4, 4) === "ftyp" && heicBrands.has(textAt(bytes, 8, 4))) return "image/heic";
  return undefined;
}

/** The name under which a declared type is compared: browsers and phones have several for one. */
export function plainImageType(declared: string): string {
  if (declared === "image/jpg") return "image/jpeg";
  return declared === "image/heif" ? "image/heic" : declared;
}
