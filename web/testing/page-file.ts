import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "../build.ts";

/** The page must work under this, and does so in every browser test. */
const strictPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** A file of the built page, as the manifest names it; `/` is the page itself. */
export function pageFile(pageDir: string, pathname: string): Response {
  const { files } = JSON.parse(readFileSync(join(pageDir, "manifest.json"), "utf8")) as Page;
  const path = pathname === "/" ? "/index.html" : pathname;
  const file = files.find((one) => one.path === path);
  if (!file) return new Response("not found", { status: 404 });
  return new Response(Bun.file(join(pageDir, path)), {
    headers: {
      "content-type": file.type,
      "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
      "content-security-policy": strictPolicy,
      "x-content-type-options": "nosniff",
    },
  });
}
