import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { isImageKey } from "../../shared/images/image-key.ts";
import type { Handle } from "../deps.ts";
import { invalid, readJson, validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { channelIn, channelParams, imagesOf, requireUploader } from "./presign.ts";
import { dropPending, readPending } from "./uploads.ts";

const Body = v.object({
  key: v.pipe(v.string(), v.check(isImageKey, "must be the key of an upload")),
  etag: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  content_length: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)), null),
  checksum: v.nullish(v.pipe(v.string(), v.maxLength(128)), null),
});

/** POST: the upload is done. Nothing depends on it; a client that wants to be told so may ask, once. */
export const callback: Handle = async (c, deps) => {
  const images = imagesOf(deps);
  const channel = channelIn(c);
  const { key, etag, content_length: length } = validate(Body, await readJson(c.req.raw));
  const pending = await readPending(deps.redis, key);
  if (!pending) throw new AppError("UPLOAD_NOT_FOUND");
  if (pending.channel !== channel) throw new AppError("CHANNEL_MISMATCH");
  requireUploader(pending.uploader_id, c.get("principal").userId);
  const stored = await images.store.stat(key);
  if (!stored) throw new AppError("UPLOAD_NOT_FOUND");
  if (bare(stored.etag) !== bare(etag))
    throw invalid([{ path: "etag", message: "must be the one the upload answered" }]);
  if (length !== null && length !== stored.bytes)
    throw invalid([{ path: "content_length", message: "must be the length that was uploaded" }]);
  if (!(await dropPending(deps.redis, key))) throw new AppError("UPLOAD_NOT_FOUND");
  const { cdn_url, uploader_id, metadata, content_type } = pending;
  return c.json({ key, channel, cdn_url, uploader_id, metadata, etag: stored.etag, content_type });
};

const bare = (etag: string) => etag.replace(/^"|"$/g, "");

export const callbackDoc: RouteDoc = {
  summary: "An upload is done",
  description: "Optional: nothing depends on it. Good once, by whoever asked for the address.",
  tag: "images",
  params: channelParams,
  body: Body,
  answers: {
    200: {
      about: "what came",
      body: v.object({
        key: v.string(),
        channel: v.string(),
        cdn_url: v.string(),
        uploader_id: v.string(),
        metadata: v.nullable(v.record(v.string(), v.unknown())),
        etag: v.string(),
        content_type: v.string(),
      }),
    },
  },
  errors: ["UPLOAD_NOT_FOUND", "CHANNEL_MISMATCH", "UPLOADER_MISMATCH", "NOT_CONFIGURED"],
};
