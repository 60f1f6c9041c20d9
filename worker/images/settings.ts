import * as v from "valibot";
import { envUrl } from "../../shared/env.ts";
import { uploadPath } from "../../shared/images/upload-url.ts";

const Base = v.optional(
  v.pipe(
    envUrl("http", "https"),
    v.transform((text) => text.replace(/\/$/, "")),
  ),
);

/** Variables of the image store, as the gateway has them. */
export const imageEnv = {
  PUBLIC_API_BASE: Base,
  IMAGE_CDN_BASE: Base,
  IMAGE_GATEWAY_BASE: Base,
  IMAGE_SECRET: v.optional(v.pipe(v.string(), v.minLength(32, "must have at least 32 characters"))),
} as const;
const ImageEnv = v.object(imageEnv);

/** Where the pictures of our own store are, for a worker. */
export interface OwnImages {
  /** What their addresses begin with. */
  readonly cdnBase: string;
  /** Where this process reads them: our own network where clients use a public name. */
  readonly readBase: string;
  /** Where it puts what it made, undefined where it may not. */
  readonly upload: { readonly apiBase: string; readonly secret: string } | undefined;
}

/** Undefined where no store is known. */
export function ownImages(env: v.InferOutput<typeof ImageEnv>): OwnImages | undefined {
  const { PUBLIC_API_BASE: publicBase, IMAGE_CDN_BASE: cdn, IMAGE_SECRET: secret } = env;
  const gateway = env.IMAGE_GATEWAY_BASE ?? publicBase;
  const path = uploadPath.replace("_upload", "_cdn");
  const cdnBase = cdn ?? (publicBase && `${publicBase}${path}`);
  if (cdnBase === undefined || gateway === undefined) return undefined;
  const upload = secret === undefined ? undefined : { apiBase: gateway, secret };
  return { cdnBase, readBase: cdn ?? `${gateway}${path}`, upload };
}
