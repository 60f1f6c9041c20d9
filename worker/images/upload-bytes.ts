import type { Clock } from "../../shared/clock.ts";
import { type Channel, newImageKey } from "../../shared/images/image-key.ts";
import { imageTypeOf, plainImageType } from "../../shared/images/image-type.ts";
import { uploadUrl } from "../../shared/images/upload-url.ts";
import { images } from "../../shared/limits.ts";
import type { OwnImages } from "./settings.ts";

interface Upload {
  readonly channel?: Channel;
  readonly data: Uint8Array;
  readonly content_type: string;
  /** Whose it is: it goes when they go. */
  readonly uploader_id: string;
}
type Uploaded =
  | { readonly success: true; readonly cdn_url: string; readonly key: string }
  | { readonly success: false; readonly error: string };
export type UploadBytes = (upload: Upload, signal: AbortSignal) => Promise<Uploaded>;

const types = ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"];
const rightSeconds = 120;
const timeoutMs = 20_000;

/** Puts a picture this worker made into the store, through the gateway. What went wrong is in the answer. */
export function uploader(
  { cdnBase, upload }: { cdnBase: string; upload: NonNullable<OwnImages["upload"]> },
  clock: Clock,
): UploadBytes {
  return async ({ channel = "generated", data, content_type, uploader_id }, signal) => {
    const no = (error: string): Uploaded => ({ success: false, error });
    if (!types.includes(content_type)) return no("unsupported_type");
    if (data.length > images.bytes) return no("too_large");
    if (imageTypeOf(data) !== plainImageType(content_type)) return no("not_that_type");
    const key = newImageKey(channel, `made.${content_type.split("/")[1] ?? ""}`);
    const expiresAt = Math.floor(clock.wallMs() / 1000) + rightSeconds;
    const right = { key, contentType: content_type, expiresAt, by: uploader_id };
    try {
      const answer = await fetch(uploadUrl(upload.apiBase, upload.secret, right), {
        method: "PUT",
        body: new Uint8Array(data),
        headers: { "content-type": content_type },
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await answer.body?.cancel();
      if (!answer.ok) return no(`store_answered_${answer.status}`);
      return { success: true, cdn_url: `${cdnBase}/${key}`, key };
    } catch {
      signal.throwIfAborted();
      return no("store_unreachable");
    }
  };
}
