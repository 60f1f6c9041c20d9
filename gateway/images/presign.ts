import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { newImageKey, publicChannels, type PublicChannel } from "../../shared/images/image-key.ts";
import { imageTypes } from "../../shared/images/image-type.ts";
import { uploadUrl } from "../../shared/images/upload-url.ts";
import { images as limits } from "../../shared/limits.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import { readJson, validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import type { Images } from "./images.ts";
import { insertUpload, writePending } from "./uploads.ts";

const types = [...imageTypes, "image/jpg"] as const;

const Body = v.object({
  filename: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.filenameChars)),
  content_type: v.pipe(
    v.string(),
    v.toLowerCase(),
    v.description(`One of ${types.join(", ")}; the upload must be sent as exactly this.`),
    v.picklist(types, `must be one of ${types.join(", ")}`),
  ),
  uploader_id: v.nullish(v.pipe(v.string(), v.uuid("must be a UUID")), null),
  metadata: v.nullish(
    v.pipe(
      v.record(v.string(), v.unknown()),
      v.check(
        (metadata) => JSON.stringify(metadata).length <= limits.metadataChars,
        `must have at most ${limits.metadataChars} characters as JSON`,
      ),
    ),
    null,
  ),
});

/** POST: an address that takes one picture, and the one where it can then be read. */
export const presign: Handle = async (c, deps) => {
  const images = imagesOf(deps);
  const channel = channelIn(c);
  const { userId } = c.get("principal");
  const body = validate(Body, await readJson(c.req.raw));
  requireUploader(body.uploader_id, userId);
  const key = newImageKey(channel, body.filename);
  const { content_type: contentType, metadata } = body;
  const cdn_url = images.cdnUrl(key);
  await insertUpload(deps.sql, key, userId);
  await writePending(deps.redis, key, {
    channel,
    uploader_id: userId,
    metadata,
    content_type: contentType,
    cdn_url,
  });
  const expiresAt = Math.floor(deps.clock.wallMs() / 1000) + limits.uploadSeconds;
  const upload_url =
    images.store.kind === "s3"
      ? await images.store.presign(key, contentType)
      : uploadUrl(images.apiBase, images.secret, { key, contentType, expiresAt });
  return c.json({
    key,
    upload_url,
    cdn_url,
    expires_in: limits.uploadSeconds,
    required_headers: { "Content-Type": contentType },
  });
};

/** Throws `NOT_CONFIGURED` where no store is set up. */
export function imagesOf({ images }: Deps): Images {
  if (images) return images;
  throw new AppError("NOT_CONFIGURED", { detail: "no store for pictures is set up" });
}

const Channel = v.picklist(publicChannels, `must be one of ${publicChannels.join(", ")}`);
export const channelParams = { channel: Channel };

/** Throws `VALIDATION_ERROR` for a channel that is not the public's. */
export function channelIn(c: Ctx): PublicChannel {
  return validate(v.object(channelParams), { channel: c.req.param("channel") }).channel;
}

/** Throws `UPLOADER_MISMATCH` when somebody speaks for another. */
export function requireUploader(named: string | null, userId: string): void {
  if (named !== null && named.toLowerCase() !== userId) throw new AppError("UPLOADER_MISMATCH");
}

export const presignDoc: RouteDoc = {
  summary: "An address to upload a picture to",
  description:
    "PUT the bytes to upload_url with the required headers, without cookies or a token; cdn_url is then good at once. The " +
    "address is good once, for 900 seconds.",
  tag: "images",
  params: channelParams,
  body: Body,
  answers: {
    200: {
      about: "where to put it, and where it can then be read",
      body: v.object({
        key: v.string(),
        upload_url: v.string(),
        cdn_url: v.string(),
        expires_in: v.number(),
        required_headers: v.record(v.string(), v.string()),
      }),
    },
  },
  errors: ["UPLOADER_MISMATCH", "NOT_CONFIGURED"],
};
