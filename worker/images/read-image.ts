import { imageTypeOf } from "../../shared/images/image-type.ts";
import { ownImageKey } from "../../shared/images/own-image.ts";
import { images } from "../../shared/limits.ts";
import { type FetchImage, refuse } from "../fetch-image.ts";
import { ServiceError } from "../graph/api-failure.ts";
import type { OwnImages } from "./settings.ts";

const timeoutMs = 5000;

/**
 * Reads a picture somebody's message names. One of our own store is asked for by its key, where this process reads
 * the store, which may well be a private address; every other address goes through the outbound guard.
 */
export function imageReader(own: OwnImages | undefined, outside: FetchImage): FetchImage {
  return async (url, signal) => {
    const key = own && ownImageKey(url, own.cdnBase);
    if (!own || key === undefined) return outside(url, signal);
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      // a key holds no path and no redirect is followed: nothing but the store can be reached
      const answer = await fetch(`${own.readBase}/${key}`, {
        redirect: "error",
        headers: { accept: "image/*" },
        signal: AbortSignal.any([signal, limit]),
      });
      if (answer.status !== 200) return refuse(`HTTP ${answer.status}`);
      const bytes = await readAll(answer);
      const mimeType = imageTypeOf(bytes);
      return mimeType === undefined ? refuse("not_an_image") : { bytes, mimeType };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ServiceError) throw cause;
      return refuse(limit.aborted ? "too_slow" : "unreachable");
    }
  };
}

async function readAll(answer: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > images.bytes) refuse("too_large");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}
