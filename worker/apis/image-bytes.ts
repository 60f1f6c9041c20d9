import { imageTypeOf } from "../../shared/images/image-type.ts";

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

/** A picture from base64, undefined when it holds none. */
export function decodeImage(base64: string): { bytes: Uint8Array; mimeType: string } | undefined {
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  const mimeType = imageTypeOf(bytes);
  return mimeType === undefined ? undefined : { bytes, mimeType };
}
