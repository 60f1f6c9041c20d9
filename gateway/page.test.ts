import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPage, type Page, servePage } from "./page.ts";

const dir = mkdtempSync(join(tmpdir(), "eco2-page-"));
let page: Page;

beforeAll(async () => {
  const text = "<!doctype html><title>eco2</title>";
  await Bun.write(join(dir, "index.html"), text);
  await Bun.write(join(dir, "index.html.gz"), Bun.gzipSync(text));
  await Bun.write(join(dir, "assets/app-1.js"), "1");
  await Bun.write(join(dir, "assets/app-1.js.gz"), Bun.gzipSync("1"));
  const file = (path: string, type: string) => ({
    path,
    type,
    immutable: path.startsWith("/assets/"),
    gzip: `${path}.gz`,
  });
  const files = [file("/index.html", "text/html"), file("/assets/app-1.js", "text/javascript")];
  await Bun.write(join(dir, "manifest.json"), JSON.stringify({ files }));
  page = loadPage(dir);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const get = (path: string, init: RequestInit = {}) =>
  servePage(page, new Request(`http://eco2${path}`, init), path);

test("the index is served at /, with a policy that allows nothing inline", async () => {
  const response = get("/");
  expect(await response?.text()).toContain("eco2");
  expect(response?.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(response?.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(response?.headers.get("cache-control")).toBe("no-cache");
});

test("a hashed file may be kept for ever, and comes compressed to whoever takes it", async () => {
  const response = get("/assets/app-1.js", { headers: { "accept-encoding": "br, gzip" } });
  expect(response?.headers.get("content-encoding")).toBe("gzip");
  expect(response?.headers.get("cache-control")).toContain("immutable");
  expect(new TextDecoder().decode(Bun.gunzipSync(await (response as Response).arrayBuffer()))).toBe(
    "1",
  );
});

test.each(["/manifest.json", "/assets/../manifest.json", "/index.html.gz", "/etc/passwd", "/nope"])(
  "%s is not of the page",
  (path) => expect(get(path)).toBeUndefined(),
);

test("only reading is served", () => {
  expect(get("/", { method: "POST" })).toBeUndefined();
  expect(get("/", { method: "HEAD" })?.status).toBe(200);
});
