import * as v from "valibot";
import { envUrl } from "../../shared/env.ts";

const Base = v.pipe(
  envUrl("http", "https"),
  v.transform((text) => text.replace(/\/$/, "")),
  v.check((text) => !/[?#@]/.test(text), "must be a plain base such as https://api.eco2.example"),
);
const Name = v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/, "must be a plain name"));

/** Variables of the image store; without `IMAGE_DIR` and `S3_BUCKET` there is none. */
export const imageEnv = {
  /** Where clients reach this API. */
  PUBLIC_API_BASE: v.optional(Base),
  IMAGE_DIR: v.optional(v.string()),
  IMAGE_SECRET: v.optional(v.pipe(v.string(), v.minLength(32, "must have at least 32 characters"))),
  IMAGE_CDN_BASE: v.optional(Base),
  S3_ENDPOINT: v.optional(Base),
  S3_BUCKET: v.optional(Name),
  S3_REGION: v.optional(Name, "us-east-1"),
  S3_ACCESS_KEY_ID: v.optional(v.string()),
  S3_SECRET_ACCESS_KEY: v.optional(v.string()),
} as const;

const ImageEnv = v.object(imageEnv);
type ImageEnv = v.InferOutput<typeof ImageEnv>;

/** Where pictures are kept. */
export interface ImageSettings {
  /** Of this API, for upload addresses of the embedded store and for workers. */
  readonly apiBase: string;
  /** Where pictures are read; without a slash at the end. */
  readonly cdnBase: string;
  readonly secret: string;
  readonly keptIn: { readonly dir: string } | { readonly s3: S3Settings };
}
export interface S3Settings {
  /** Of the bucket, path style: `{endpoint}/{bucket}`. */
  readonly bucketUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What is wrong with the variables taken together, undefined when nothing is. */
export function problemOfImageEnv(env: ImageEnv): string | undefined {
  if (env.IMAGE_DIR === undefined && env.S3_BUCKET === undefined) return undefined;
  if (env.IMAGE_DIR !== undefined && env.S3_BUCKET !== undefined)
    return "IMAGE_DIR and S3_BUCKET exclude each other";
  const needed = [
    "PUBLIC_API_BASE",
    "IMAGE_SECRET",
    ...(env.S3_BUCKET === undefined
      ? []
      : (["S3_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const)),
  ] as const;
  const missing = needed.filter((name) => env[name] === undefined);
  return missing.length === 0 ? undefined : `an image store also needs ${missing.join(", ")}`;
}

/** The store that is set up, undefined for none. */
export function imageSettings(env: ImageEnv): ImageSettings | undefined {
  const { PUBLIC_API_BASE: apiBase, IMAGE_SECRET: secret, IMAGE_DIR: dir } = env;
  if (apiBase === undefined || secret === undefined) return undefined;
  const embedded = `${apiBase}${cdnPath}`;
  if (dir !== undefined) {
    return { apiBase, secret, cdnBase: env.IMAGE_CDN_BASE ?? embedded, keptIn: { dir } };
  }
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket } = env;
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!endpoint || !bucket || !accessKeyId || !secretAccessKey) return undefined;
  const bucketUrl = `${endpoint}/${bucket}`;
  const s3 = { bucketUrl, region: env.S3_REGION, accessKeyId, secretAccessKey };
  return { apiBase, secret, cdnBase: env.IMAGE_CDN_BASE ?? bucketUrl, keptIn: { s3 } };
}

/** Where this API serves pictures; the characters' art (`character/{asset}.png`) whatever the store. */
const cdnPath = "/api/v1/images/_cdn";
