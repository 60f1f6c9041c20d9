import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const Manifest = v.object({
  files: v.array(
    v.object({
      path: v.pipe(v.string(), v.regex(/^\/[\w./-]+$/)),
      type: v.string(),
      immutable: v.boolean(),
      gzip: v.string(),
    }),
  ),
});

interface PageFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

/** The page's files by path; `/` is its index. */
export type Page = ReadonlyMap<string, PageFile>;

/**
 * Reads a built page (`web/build.ts`) into memory: some 200 kB, served without touching the disk or any path a
 * client names. Throws when the folder holds no page.
 */
export function loadPage(dir: string): Page {
  const read = (path: string) => new Uint8Array(readFileSync(join(dir, path)));
  const { files } = v.parse(Manifest, JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")));
  return new Map(
    files.map(({ path, type, immutable, gzip }) => [
      path === "/index.html" ? "/" : path,
      {
        type,
        cacheControl: immutable ? "public, max-age=31536000, immutable" : "no-cache",
        body: read(path),
        gzip: read(gzip),
      },
    ]),
  );
}

/** What the page may do: its own scripts and styles, its own server and picture store, pictures from anywhere safe. */
const policyWith = (origins: readonly string[]) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["img-src 'self' https: data: blob:", ...origins].join(" "),
    ["connect-src 'self'", ...origins].join(" "),
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** The file of a path, undefined when the page has none. `origins`: where its pictures are put and read. */
export function servePage(
  page: Page,
  request: Request,
  path: string,
  origins: readonly string[] = [],
): Response | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const file = page.get(path);
  if (!file) return undefined;
  const acceptsGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const body = acceptsGzip ? file.gzip : file.body;
  return new Response(request.method === "HEAD" ? null : body, {
    headers: {
      "content-type": file.type,
      "content-length": String(body.byteLength),
      "cache-control": file.cacheControl,
      vary: "accept-encoding",
      "content-security-policy": policyWith(origins),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      ...(acceptsGzip ? { "content-encoding": "gzip" } : {}),
    },
  });
}
