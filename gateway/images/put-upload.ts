import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { channelOf, isImageKey } from "../../shared/images/image-key.ts";
import { readUploadRight } from "../../shared/images/upload-url.ts";
import { images as limits } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { imagesOf } from "./presign.ts";
import { markStored } from "./uploads.ts";

/**
 * PUT: the bytes of a picture, by an address we signed and nothing else: no token, no cookie. Throws `UPLOAD_REFUSED`
 * (signature, time, used), `UNSUPPORTED_MEDIA_TYPE` or `PAYLOAD_TOO_LARGE`.
 */
export const putUpload: Handle = async (c, deps) => {
  const images = imagesOf(deps);
  const key = `${c.req.param("channel")}/${c.req.param("name")}`;
  const right = isImageKey(key) ? readUploadRight(key, c.req.query(), images.secret) : undefined;
  if (!right) throw new AppError("UPLOAD_REFUSED");
  if (right.expiresAt * 1000 <= deps.clock.wallMs())
    throw new AppError("UPLOAD_REFUSED", { detail: "this upload address has expired" });
  // with S3, people put into the bucket; only workers' pictures come this way
  const isMade = channelOf(key) === "generated";
  if (isMade !== (right.by !== undefined) || (!isMade && images.store.kind === "s3"))
    throw new AppError("UPLOAD_REFUSED");
  const declared = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (declared !== right.contentType)
    throw new AppError("UNSUPPORTED_MEDIA_TYPE", { detail: `send it as ${right.contentType}` });
  const announced = Number(c.req.header("content-length") ?? 0);
  if (announced > limits.bytes)
    throw new AppError("PAYLOAD_TOO_LARGE", {
      detail: `a picture may have at most ${limits.bytes} bytes`,
    });

  const stored = await images.store.receive(key, declared, c.req.raw.body);
  try {
    if (!(await markStored(deps.sql, key, right.by)))
      throw new AppError("UPLOAD_REFUSED", { detail: "this upload address is not good any more" });
  } catch (cause) {
    await images.store.remove(key);
    throw cause;
  }
  return new Response(null, { headers: { ETag: stored.etag } });
};

const text = v.optional(v.string());

export const putUploadDoc: RouteDoc = {
  summary: "Upload a picture",
  description: "The address is one that POST /api/v1/images/{channel} answered. At most 10 MiB.",
  tag: "images",
  params: { channel: v.string(), name: v.string() },
  query: { exp: text, ct: text, by: text, sig: text },
  body: v.string(),
  bodyType: "image/*",
  answers: { 200: { about: "it is stored", headers: { ETag: "MD5 of the bytes, quoted" } } },
  errors: [
    "UPLOAD_REFUSED",
    "UNSUPPORTED_MEDIA_TYPE",
    "PAYLOAD_TOO_LARGE",
    "TIMEOUT",
    "NOT_CONFIGURED",
  ],
};
