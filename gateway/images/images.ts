import { isOwnImageUrl } from "../../shared/images/own-image.ts";
import { type DiskStore, openDiskStore } from "./disk-store.ts";
import { openS3Store, type S3Store } from "./s3-store.ts";
import type { ImageSettings } from "./settings.ts";

/** The pictures of people, and where they are kept. */
export interface Images {
  readonly apiBase: string;
  readonly cdnBase: string;
  readonly secret: string;
  readonly store: DiskStore | S3Store;
  /** Whether an address is that of a picture of ours. */
  isOwn(url: string): boolean;
  cdnUrl(key: string): string;
  /** Origins a page talks to for pictures, besides its own. */
  readonly origins: readonly string[];
}

/** What a store knows of a picture. */
export interface Stored {
  /** Quoted, as the header has it. */
  readonly etag: string;
  readonly contentType: string;
  readonly bytes: number;
}

export function openImages(settings: ImageSettings): Images {
  const { apiBase, cdnBase, secret, keptIn } = settings;
  const store = "dir" in keptIn ? openDiskStore(keptIn.dir) : openS3Store(keptIn.s3);
  const uploads = "dir" in keptIn ? apiBase : keptIn.s3.bucketUrl;
  const origins = [apiBase, cdnBase, uploads].map((base) => new URL(base).origin);
  return {
    apiBase,
    cdnBase,
    secret,
    store,
    isOwn: (url) => isOwnImageUrl(url, cdnBase),
    cdnUrl: (key) => `${cdnBase}/${key}`,
    origins: [...new Set(origins)],
  };
}
