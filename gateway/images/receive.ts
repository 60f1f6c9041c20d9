import { createHash } from "node:crypto";
import { AppError } from "../../shared/errors.ts";
import { imageSizeOf, type ReadAt } from "../../shared/images/image-size.ts";
import { imageTypeOf, plainImageType, typeBytes } from "../../shared/images/image-type.ts";
import { images } from "../../shared/limits.ts";

/** Where the bytes go while they come. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  readonly read: ReadAt;
}

export interface Received {
  readonly contentType: string;
  readonly etag: string;
  readonly bytes: number;
}

type Body = ReadableStream<Uint8Array> | null;

/**
 * Takes a picture in: never more than the limit, its type by its own bytes, its size in pixels by its header. Throws
 * `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, or `TIMEOUT` when it takes too long. What was written is then for the
 * caller to throw away.
 */
export async function receiveImage(body: Body, declared: string, sink: Sink): Promise<Received> {
  const hash = createHash("md5");
  const wanted = plainImageType(declared);
  const reader = body?.getReader();
  const late = AbortSignal.timeout(images.uploadMs);
  const stop = () => void reader?.cancel().catch(() => {});
  late.addEventListener("abort", stop, { once: true });
  let head = new Uint8Array();
  let bytes = 0;
  let isKnown = false;
  try {
    for (;;) {
      const part = await reader?.read();
      if (late.aborted) throw new AppError("TIMEOUT", { detail: "the upload took too long" });
      if (!part || part.done) break;
      bytes += part.value.length;
      if (bytes > images.bytes) throw new AppError("PAYLOAD_TOO_LARGE", { detail: tooLarge });
      if (!isKnown) {
        // what is no picture is not read to its end
        head = new Uint8Array(Buffer.concat([head, part.value]).subarray(0, typeBytes));
        isKnown = head.length >= typeBytes;
        if (isKnown && imageTypeOf(head) !== wanted) throw notThat(declared);
      }
      hash.update(part.value);
      await sink.write(part.value);
    }
  } catch (cause) {
    stop();
    throw cause;
  } finally {
    late.removeEventListener("abort", stop);
  }
  if (!isKnown) throw notThat(declared);
  await requireSaneSize(wanted, sink.read);
  return { contentType: wanted, etag: `"${hash.digest("hex")}"`, bytes };
}

const tooLarge = `a picture may have at most ${images.bytes} bytes`;

const notThat = (declared: string) =>
  new AppError("UNSUPPORTED_MEDIA_TYPE", { detail: `the bytes are no ${declared}` });

async function requireSaneSize(type: string, read: ReadAt): Promise<void> {
  const size = await imageSizeOf(type, read);
  if (!size || size.width < 1 || size.height < 1) throw notThat(type);
  const { width, height } = size;
  if (Math.max(width, height) <= images.sidePixels && width * height <= images.pixels) return;
  throw new AppError("PAYLOAD_TOO_LARGE", {
    detail: `a picture may have at most ${images.pixels} pixels and ${images.sidePixels} on a side`,
  });
}
