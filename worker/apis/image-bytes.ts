/** A made picture. The bytes go to a store; only its address may enter state, events and logs. */
export interface MadeImage {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  /** What the model says it drew. */
  readonly description: string | null;
  readonly model: string;
}

export interface ImageRequest {
  readonly prompt: string;
  readonly shape?: "square" | "portrait" | "landscape" | undefined;
  readonly quality?: "low" | "medium" | "high" | undefined;
  /** Pictures to go by, e.g. a character's. Each model takes only so many; the first are used. */
  readonly references?: readonly { readonly bytes: Uint8Array; readonly mimeType: string }[];
}

/** Room for a large picture in base64. */
export const imageBodyBytes = 32 * 1024 * 1024;

const signatures: readonly (readonly [string, readonly number[], number])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47], 0],
  ["image/jpeg", [0xff, 0xd8, 0xff], 0],
  ["image/webp", [0x57, 0x45, 0x42, 0x50], 8],
  ["image/gif", [0x47, 0x49, 0x46, 0x38], 0],
];

/** What the bytes themselves say they are, undefined when they are no known picture. */
export function imageTypeOf(bytes: Uint8Array): string | undefined {
  const found = signatures.find(([, marks, at]) =>
    marks.every((mark, i) => bytes[at + i] === mark),
  );
  return found?.[0];
}

/** A picture from base64, undefined when it holds none. */
export function decodeImage(base64: string): { bytes: Uint8Array; mimeType: string } | undefined {
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  const mimeType = imageTypeOf(bytes);
  return mimeType === undefined ? undefined : { bytes, mimeType };
}
