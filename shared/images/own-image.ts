import { isImageKey } from "./image-key.ts";

/**
 * The key of a picture in our own store, undefined for every other address. `cdnBase` is where the store's pictures
 * are read: `IMAGE_CDN_BASE`, else `{PUBLIC_API_BASE}/api/v1/images/_cdn`.
 */
export function ownImageKey(url: string, cdnBase: string): string | undefined {
  if (!url.startsWith(`${cdnBase}/`)) return undefined;
  const key = url.slice(cdnBase.length + 1);
  return isImageKey(key) ? key : undefined;
}

/** Whether an address is that of a picture in our own store: spelled exactly as the store gives it out. */
export function isOwnImageUrl(url: string, cdnBase: string): boolean {
  return ownImageKey(url, cdnBase) !== undefined;
}
