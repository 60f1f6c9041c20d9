import type { Route } from "../http/route.ts";
import { callback, callbackDoc } from "./callback.ts";
import { presign, presignDoc } from "./presign.ts";
import { putUpload, putUploadDoc } from "./put-upload.ts";
import { readArt, readArtDoc } from "./read-art.ts";
import { readImage, readImageDoc } from "./read-image.ts";

const base = "/api/v1/images";
const role = "api";

/** Pictures. The open ones carry their own rights: a signature, or a key nobody can guess. */
export const imageRoutes: readonly Route[] = [
  {
    method: "GET",
    path: `${base}/_cdn/character/:name`,
    role,
    handle: readArt,
    doc: readArtDoc,
    isOpen: true,
  },
  {
    method: "GET",
    path: `${base}/_cdn/:channel/:name`,
    role,
    handle: readImage,
    doc: readImageDoc,
    isOpen: true,
  },
  {
    method: "PUT",
    path: `${base}/_upload/:channel/:name`,
    role,
    handle: putUpload,
    doc: putUploadDoc,
    isOpen: true,
  },
  {
    method: "POST",
    path: `${base}/:channel`,
    role,
    handle: presign,
    doc: presignDoc,
    share: "uploads",
  },
  {
    method: "POST",
    path: `${base}/:channel/callback`,
    role,
    handle: callback,
    doc: callbackDoc,
  },
];
