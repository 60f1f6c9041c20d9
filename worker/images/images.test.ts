import { afterAll, expect, test } from "bun:test";
import { systemClock as clock } from "../../shared/clock.ts";
import { readUploadRight } from "../../shared/images/upload-url.ts";
import { images } from "../../shared/limits.ts";
import { gifOf, pngOf } from "../../shared/testing/pictures.ts";
import { until } from "../../shared/testing/until.ts";
import { startFake } from "../../tests/fakes/fake-server.ts";
import { imageReader } from "./read-image.ts";
import { ownImages } from "./settings.ts";
import { uploader } from "./upload-bytes.ts";

const secret = "a secret of the image tests, long enough";
const never = new AbortController().signal;
const png = pngOf(8, 8);
const name = (digit: string) => `${digit.repeat(32)}.png`;

const server = startFake(({ path, method }) => {
  if (method === "PUT") return new Response(null, { status: path.includes("_upload") ? 200 : 404 });
  switch (path.split("/").at(-1)) {
    case name("a"):
      return new Response(png);
    case name("b"):
      return new Response("<html>", { headers: { "content-type": "image/png" } });
    case name("c"):
      return new Response(Buffer.concat([png, new Uint8Array(images.bytes)]));
    case name("d"):
      return new Response(null, { status: 302, headers: { location: "/latest/meta-data" } });
    case name("e"):
      return new Promise<Response>(() => {});
    default:
      return new Response(null, { status: 404 });
  }
});
afterAll(() => server.stop());

const publicBase = "https://api.eco2.example";
const own = ownImages({
  PUBLIC_API_BASE: publicBase,
  IMAGE_CDN_BASE: undefined,
  IMAGE_GATEWAY_BASE: server.baseUrl,
  IMAGE_SECRET: secret,
});
if (!own?.upload) throw new Error("the store is set up");
const outside: string[] = [];
const read = imageReader(own, async (url) => {
  outside.push(url);
  return { bytes: png, mimeType: "image/png" };
});
const at = (key: string) => `${publicBase}/api/v1/images/_cdn/${key}`;

test("a picture of our store is read inside our network, as bytes; others go through the guard", async () => {
  expect(await read(at(`chat/${name("a")}`), never)).toEqual({ bytes: png, mimeType: "image/png" });
  expect(outside).toEqual([]);
  for (const url of [at("chat/../x"), "https://elsewhere.example/a.png", `${server.baseUrl}/x`])
    await read(url, never);
  expect(outside).toHaveLength(3);
});

test.each([
  ["no picture", name("b"), "not_an_image"],
  ["more than 10 MiB", name("c"), "too_large"],
  ["a redirect", name("d"), "unreachable"],
  ["nothing", name("f"), "HTTP 404"],
])("%s in its place is refused without blame for the model", async (_what, file, code) => {
  const failed: unknown = await read(at(`scan/${file}`), never).catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ name: "ServiceError", isHarmless: true });
  expect((failed as Error).message).toContain(code);
});

test("an abort of the run rises as its own reason", async () => {
  const run = new AbortController();
  const reading = read(at(`scan/${name("e")}`), run.signal);
  await until(() => server.seen.at(-1)?.path.endsWith(name("e")));
  run.abort("cancelled");
  expect(await reading.catch((reason: unknown) => reason)).toBe("cancelled");
});

test("what a worker made is put through the gateway with a right that names its owner", async () => {
  const upload = uploader({ cdnBase: own.cdnBase, upload: own.upload! }, clock);
  const whose = { data: png, content_type: "image/png", uploader_id: "somebody" };
  const done = await upload(whose, never);
  if (!done.success) throw new Error(done.error);
  expect(done.key).toMatch(/^generated\/[0-9a-f]{32}\.png$/);
  expect(done.cdn_url).toBe(at(done.key));
  const sent = server.seen.at(-1);
  expect([sent?.method, sent?.path]).toEqual(["PUT", `/api/v1/images/_upload/${done.key}`]);
  const query = Object.fromEntries(sent?.query ?? []);
  expect(readUploadRight(done.key, query, secret)).toMatchObject({ by: "somebody" });
  expect(readUploadRight(done.key, query, secret.toUpperCase())).toBeUndefined();

  expect(await upload({ ...whose, data: gifOf(1, 1) }, never)).toMatchObject({ success: false });
  expect(await upload({ ...whose, content_type: "text/html" }, never)).toMatchObject({
    success: false,
  });
  const large = new Uint8Array(images.bytes + 1);
  expect(await upload({ ...whose, data: large }, never)).toEqual({
    success: false,
    error: "too_large",
  });
  const nowhere = uploader(
    { cdnBase: own.cdnBase, upload: { apiBase: "http://127.0.0.1:1", secret } },
    clock,
  );
  expect(await nowhere(whose, never)).toEqual({ success: false, error: "store_unreachable" });
});
