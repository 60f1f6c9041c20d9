import { createHash } from "node:crypto";
import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { isKnown } from "./read-image.ts";

interface Art {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** GET a character's picture. */
export const readArt: Handle = async (c) => {
  const [, asset = ""] = /^([a-z_]{1,32})\.png$/.exec(c.req.param("name") ?? "") ?? [];
  const art = await artOf(asset);
  if (!art) throw new AppError("NOT_FOUND");
  const headers = {
    "Content-Type": "image/png",
    "Content-Length": String(art.body.length),
    // the drawing may change with the next version, so it is asked about once a day
    "Cache-Control": "public, max-age=86400",
    ETag: art.etag,
  };
  if (isKnown(c.req.header("if-none-match"), art.etag))
    return new Response(null, { status: 304, headers });
  return new Response(c.req.raw.method === "HEAD" ? null : art.body, { headers });
};

/** Read when first asked for: 44 KB of text. */
async function artOf(asset: string): Promise<Art | undefined> {
  const { default: pictures } = await import("./art/pictures.json");
  const base64 = Object.entries(pictures).find(([name]) => name === asset)?.[1];
  if (base64 === undefined) return undefined;
  const body = new Uint8Array(Buffer.from(base64, "base64"));
  return { body, etag: `"${createHash("md5").update(body).digest("hex")}"` };
}

export const readArtDoc: RouteDoc = {
  summary: "A character's picture",
  tag: "images",
  params: { name: v.pipe(v.string(), v.description("The character's asset, as `eco.png`.")) },
  headers: { "If-None-Match": v.optional(v.string()) },
  answers: {
    200: { about: "the picture", body: v.string(), type: "image/png" },
    304: { about: "the caller has it" },
  },
  errors: ["NOT_FOUND"],
};
