// Fetches a picture from an address a person gave, by way of the outbound guard: 10 MB, 5 s, and bytes that are a
// picture.
import type { IncomingMessage } from "node:http";
import { fail } from "../shared/apis/result.ts";
import { imageTypeOf } from "../shared/images/image-type.ts";
import { ServiceError } from "./graph/api-failure.ts";
import { type Internet, outbound, Refused, untilAborted } from "./outbound.ts";

interface FetchedImage {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
}
export type FetchImage = (url: string, signal: AbortSignal) => Promise<FetchedImage>;

interface ImageFetcherOptions extends Internet {
  readonly timeoutMs?: number;
}

const maxBytes = 10 * 1024 * 1024;
const defaultTimeoutMs = 5000;
const maxRedirects = 3;

export function imageFetcher(options: ImageFetcherOptions = {}): FetchImage {
  const reach = outbound({ accept: "image/*" }, maxRedirects, options);
  return async (text, signal) => {
    const limit = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const until = AbortSignal.any([signal, limit]);
    try {
      const { message } = await reach(text, until);
      return await readImage(message, until);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ServiceError) throw cause;
      if (cause instanceof Refused) return refuse(cause.code);
      return refuse(limit.aborted ? "too_slow" : "unreachable");
    }
  };
}

/** A picture that cannot be had is the sender's fault, never the vision service's: no retry, no breaker. */
export function refuse(providerCode: string): never {
  throw new ServiceError(fail("invalid_request", `image: ${providerCode}`, { providerCode }));
}

async function readImage(message: IncomingMessage, signal: AbortSignal): Promise<FetchedImage> {
  const announced = Number(message.headers["content-length"] ?? 0);
  if (announced > maxBytes) {
    message.destroy();
    refuse("too_large");
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const read = async () => {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) refuse("too_large");
      // what is no picture is not read to its end
      if (chunks.length === 1 && length >= 12 && !imageTypeOf(chunk)) refuse("not_an_image");
    }
  };
  try {
    await untilAborted(read(), signal);
  } finally {
    message.destroy();
  }
  const bytes = new Uint8Array(Buffer.concat(chunks, length));
  const mimeType = imageTypeOf(bytes) ?? refuse("not_an_image");
  return { bytes, mimeType };
}
