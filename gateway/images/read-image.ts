import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { isImageKey } from "../../shared/images/image-key.ts";
import type { Ctx, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { byteRange } from "./byte-range.ts";
import type { DiskStore } from "./disk-store.ts";
import type { Stored } from "./images.ts";

/** A key names its bytes for ever. */
const forEver = "public, max-age=31536000, immutable";

/** GET or HEAD a picture of the embedded store, whole or in part. Public: the key is the secret. */
export const readImage: Handle = async (c, { images }) => {
  const key = `${c.req.param("channel")}/${c.req.param("name")}`;
  const store = images?.store;
  const found = store?.kind === "disk" && isImageKey(key) ? await store.stat(key) : undefined;
  if (!found || store?.kind !== "disk") throw new AppError("NOT_FOUND");
  return answer(c, store, key, found);
};

async function answer(c: Ctx, store: DiskStore, key: string, stored: Stored): Promise<Response> {
  const { etag, contentType, bytes } = stored;
  const headers: Record<string, string> = {
    "Content-Type": contentType,
    "Cache-Control": forEver,
    "Accept-Ranges": "bytes",
    ETag: etag,
  };
  if (isKnown(c.req.header("if-none-match"), etag))
    return new Response(null, { status: 304, headers });
  const ifRange = c.req.header("if-range");
  const range =
    ifRange === undefined || ifRange === etag ? byteRange(c.req.header("range"), bytes) : undefined;
  if (range === "none") {
    c.header("Content-Range", `bytes */${bytes}`);
    throw new AppError("RANGE_NOT_SATISFIABLE");
  }
  const { from, to } = range ?? { from: 0, to: bytes - 1 };
  headers["Content-Length"] = String(to - from + 1);
  if (range) headers["Content-Range"] = `bytes ${from}-${to}/${bytes}`;
  const status = range ? 206 : 200;
  if (c.req.raw.method === "HEAD") return new Response(null, { status, headers });
  const body = await store.read(key, from, to);
  if (!body) throw new AppError("NOT_FOUND");
  return new Response(body, { status, headers });
}

/** Whether a list of entity tags holds ours; strong or weak is the same to a reader. */
export function isKnown(header: string | undefined, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

const picture = { body: v.string(), type: "image/*" };

export const readImageDoc: RouteDoc = {
  summary: "A picture",
  tag: "images",
  params: { channel: v.string(), name: v.string() },
  headers: {
    Range: v.optional(v.string()),
    "If-Range": v.optional(v.string()),
    "If-None-Match": v.optional(v.string()),
  },
  answers: {
    200: { about: "all of it", ...picture },
    206: { about: "the part asked for", ...picture },
    304: { about: "the caller has it" },
  },
  errors: ["NOT_FOUND", "RANGE_NOT_SATISFIABLE"],
};
