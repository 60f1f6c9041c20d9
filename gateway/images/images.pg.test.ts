import { afterAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserId } from "../../shared/contract/ids.ts";
import { uploadUrl } from "../../shared/images/upload-url.ts";
import { images as limits } from "../../shared/limits.ts";
import { gifOf, heicOf, jpegOf, pngOf, webpOf } from "../../shared/testing/pictures.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp } from "../testing/test-app.ts";
import { drawAll } from "./art/draw.ts";
import pictures from "./art/pictures.json";
import { deleteImagesOf } from "./delete-images.ts";

const user = "11111111-1111-4111-8111-111111111111" as UserId;
const stranger = "22222222-2222-4222-8222-222222222222" as UserId;
const apiBase = "https://api.eco2.test";
const secret = "a secret of the image tests, long enough";
const photo = pngOf(64, 48);

interface Upload {
  key: string;
  upload_url: string;
  cdn_url: string;
  expires_in: number;
  required_headers: Record<string, string>;
}

describeWith("redis", "postgres")("images in the embedded store", async () => {
  const dir = mkdtempSync(join(tmpdir(), "eco2-images-"));
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const images = { apiBase, cdnBase: `${apiBase}/api/v1/images/_cdn`, secret, keptIn: { dir } };
  const use = openTestApp({
    redisUrl: redis.url,
    databaseUrl: database.url,
    images,
    limits: { uploadsPerMinute: 100_000 },
  });
  const bare = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await Promise.all([use.close(), bare.close()]);
    await Promise.all([redis.stop(), database.drop()]);
    rmSync(dir, { recursive: true, force: true });
  });

  const asked = { filename: "IMG 1.PNG", content_type: "image/png" };
  const presign = async (body: object = {}, channel = "scan", who: string = user) => {
    const answer = await use.send("POST", `/api/v1/images/${channel}`, {
      user: who,
      body: { ...asked, ...body },
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Upload;
  };
  const put = (
    url: string,
    body: Uint8Array<ArrayBuffer> | ReadableStream | string | null,
    type = "image/png",
    headers = {},
  ) =>
    use.app.request(url, {
      method: "PUT",
      headers: { "content-type": type, origin: "https://eco2.example", ...headers },
      body,
    });
  const get = (url: string, headers: Record<string, string> = {}, method = "GET") =>
    use.app.request(url, { method, headers });
  const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;
  const filesIn = () =>
    readdirSync(dir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());

  test("presign, put, read: as the existing client does, without a cookie and without the callback", async () => {
    const made = await presign();
    expect(made).toEqual({
      key: expect.stringMatching(/^scan\/[0-9a-f]{32}\.png$/) as string,
      upload_url: expect.stringContaining(
        `${apiBase}/api/v1/images/_upload/${made.key}?exp=`,
      ) as string,
      cdn_url: `${apiBase}/api/v1/images/_cdn/${made.key}`,
      expires_in: 900,
      required_headers: { "Content-Type": "image/png" },
    });
    const stored = await put(made.upload_url, photo);
    expect([stored.status, await stored.text()]).toEqual([200, ""]);
    const etag = `"${createHash("md5").update(photo).digest("hex")}"`;
    expect(stored.headers.get("etag")).toBe(etag);
    expect(stored.headers.get("access-control-allow-origin")).toBe("*");
    expect(stored.headers.get("access-control-allow-credentials")).toBeNull();

    const read = await get(made.cdn_url);
    expect(read.status).toBe(200);
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(photo);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(photo.length),
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "accept-ranges": "bytes",
      etag,
    });
    expect((await get(made.cdn_url, { "if-none-match": `W/${etag}` })).status).toBe(304);
    const head = await get(made.cdn_url, {}, "HEAD");
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(photo.length)]);
    expect(use.deps.images?.isOwn(made.cdn_url)).toBe(true);
  });

  test("a preflight of any page is answered, without credentials", async () => {
    const { upload_url } = await presign();
    const answer = await use.app.request(upload_url, {
      method: "OPTIONS",
      headers: {
        origin: "http://localhost:5173",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type",
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(answer.headers.get("access-control-allow-headers")).toContain("Content-Type");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test.each([
    ["image/jpeg", jpegOf(4000, 3000, 200_000)],
    ["image/gif", gifOf(10, 10)],
    ["image/webp", webpOf("VP8X", 4000, 3000)],
    ["image/heic", heicOf(4032, 3024)],
    ["image/heif", heicOf(4032, 3024)],
    ["image/jpg", jpegOf(10, 10)],
  ] as const)("%s is taken", async (content_type, bytes) => {
    const { upload_url, cdn_url } = await presign({ content_type });
    expect((await put(upload_url, bytes, content_type)).status).toBe(200);
    const read = await get(cdn_url);
    expect(read.headers.get("content-type")).toMatch(/^image\/(jpeg|gif|webp|heic)$/);
    expect((await read.arrayBuffer()).byteLength).toBe(bytes.length);
  });

  test.each([
    ["another type by content", gifOf(5, 5), "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "a page that says it is a picture",
      "<html><script>alert(1)</script>",
      "image/png",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["0 bytes", null, "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["5 bytes", "\x89PNG\r", "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["a header without a picture", photo.slice(0, 14), "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["another declared type", photo, "image/jpeg", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["no declared type", photo, "", 415, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "a bomb of 100,000 by 100,000",
      pngOf(100_000, 100_000),
      "image/png",
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    ["a bomb of 15,000 by 15,000", pngOf(15_000, 15_000), "image/png", 413, "PAYLOAD_TOO_LARGE"],
    ["a line of 30,000", pngOf(30_000, 1), "image/png", 413, "PAYLOAD_TOO_LARGE"],
    ["0 by 0", pngOf(0, 0), "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"],
  ] as const)(
    "%s is refused, leaves nothing, and does not use the address up",
    async (_what, body, type, status, code) => {
      const { upload_url, cdn_url } = await presign();
      const before = filesIn().length;
      const answer = await put(upload_url, body, type);
      expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
      expect(filesIn()).toHaveLength(before);
      expect((await get(cdn_url)).status).toBe(404);
      expect((await put(upload_url, photo)).status).toBe(200);
    },
  );

  test("50 MB are refused by their announcement, and without one after 10 MiB", async () => {
    const { upload_url } = await presign();
    const announced = await put(upload_url, photo, "image/png", { "content-length": "52428800" });
    expect([announced.status, await codeOf(announced)]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    let sent = 0;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = sent === 0 ? photo : new Uint8Array(256 * 1024);
        sent += chunk.length;
        controller.enqueue(chunk);
        if (sent > 50 * 1024 * 1024) controller.close();
      },
      cancel: () => void (isCancelled = true),
    });
    const streamed = await put(upload_url, body);
    expect([streamed.status, await codeOf(streamed)]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect([isCancelled, sent < limits.bytes + 1024 * 1024]).toEqual([true, true]);
    expect(readdirSync(join(dir, "tmp"))).toEqual([]);
  });

  test("exactly 10 MiB pass, one byte more does not", async () => {
    const exact = new Uint8Array(limits.bytes);
    exact.set(photo);
    const first = await presign();
    expect((await put(first.upload_url, exact)).status).toBe(200);
    const second = await presign();
    const over = new Uint8Array(limits.bytes + 1);
    over.set(photo);
    expect((await put(second.upload_url, over)).status).toBe(413);
  });

  test("an address is good once: of ten puts at the same time one wins, and later ones change nothing", async () => {
    const { upload_url, cdn_url } = await presign();
    const others = Array.from({ length: 9 }, (_, i) => pngOf(10 + i, 10));
    const answers = await Promise.all(
      [photo, ...others].map(async (body) => put(upload_url, body)),
    );
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 403)]);
    const won = answers.find(({ status }) => status === 200)?.headers.get("etag");
    const replayed = await put(upload_url, pngOf(99, 99));
    expect([replayed.status, await codeOf(replayed)]).toEqual([403, "UPLOAD_REFUSED"]);
    expect((await get(cdn_url)).headers.get("etag")).toBe(won ?? "");
  });

  test.each([
    ["a changed key", (url: string) => url.replace(/[0-9a-f]{32}/, "0".repeat(32))],
    ["another channel", (url: string) => url.replace("/scan/", "/chat/")],
    ["a later end", (url: string) => url.replace(/exp=\d+/, "exp=9999999999")],
    ["another type", (url: string) => url.replace("image%2Fpng", "image%2Fgif")],
    ["a name in it", (url: string) => `${url}&by=${user}`],
    ["no signature", (url: string) => url.replace(/&sig=.*/, "")],
    ["half a signature", (url: string) => url.slice(0, -10)],
    ["a way up", (url: string) => url.replace("/scan/", "/scan/%2e%2e%2f")],
  ])("an address with %s is refused", async (_what, change) => {
    const answer = await put(change((await presign()).upload_url), photo);
    expect([403, 404]).toContain(answer.status);
    expect(["UPLOAD_REFUSED", "NOT_FOUND"]).toContain(await codeOf(answer));
  });

  test("an address that expired is refused, and so is one signed for another secret", async () => {
    const { key } = await presign();
    const now = Math.floor(Date.now() / 1000);
    const right = { key, contentType: "image/png", expiresAt: now - 1 };
    const late = await put(uploadUrl(apiBase, secret, right), photo);
    expect([late.status, await codeOf(late)]).toEqual([403, "UPLOAD_REFUSED"]);
    const good = { ...right, expiresAt: now + 60 };
    expect((await put(uploadUrl(apiBase, secret.toUpperCase(), good), photo)).status).toBe(403);
    expect((await put(uploadUrl(apiBase, secret, good), photo)).status).toBe(200);
  });

  test("only a worker's address reaches the channel of generated pictures, and it names whose they are", async () => {
    const key = `generated/${"a".repeat(32)}.png`;
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const right = { key, contentType: "image/png", expiresAt };
    expect((await put(uploadUrl(apiBase, secret, right), photo)).status).toBe(403);
    const named = uploadUrl(apiBase, secret, { ...right, by: stranger });
    expect((await put(named, photo)).status).toBe(200);
    expect((await put(named, photo)).status).toBe(403);
    expect(await deleteImagesOf(use.deps, stranger)).toBe(1);
    expect((await get(`/api/v1/images/_cdn/${key}`)).status).toBe(404);
  });

  test("ranges: a part, a rest, an end, none, and the whole when the picture is another by now", async () => {
    const { upload_url, cdn_url } = await presign();
    const etag = (await put(upload_url, photo)).headers.get("etag") ?? "";
    const size = photo.length;
    for (const [range, from, to] of [
      ["bytes=0-9", 0, 9],
      ["bytes=10-", 10, size - 1],
      ["bytes=-5", size - 5, size - 1],
    ] as const) {
      const part = await get(cdn_url, { range, "if-range": etag });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes ${from}-${to}/${size}`);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(photo.slice(from, to + 1));
    }
    const outside = await get(cdn_url, { range: "bytes=99999999-" });
    expect([outside.status, outside.headers.get("content-range")]).toEqual([
      416,
      `bytes */${size}`,
    ]);
    const changed = await get(cdn_url, { range: "bytes=0-9", "if-range": '"other"' });
    expect(changed.status).toBe(200);
  });

  test.each([
    "/api/v1/images/_cdn/scan/..%2f..%2fetc%2fpasswd",
    "/api/v1/images/_cdn/%2e%2e/tmp",
    "/api/v1/images/_cdn/tmp/x",
    "/api/v1/images/_cdn/scan/%00.png",
    `/api/v1/images/_cdn/scan/${"0".repeat(32)}.png.json`,
    `/api/v1/images/_cdn/scan/${"0".repeat(32)}.png`,
    `/api/v1/images/_cdn/SCAN/${"0".repeat(32)}.png`,
    "/api/v1/images/_cdn/character/..%2fgenerated.png",
    "/api/v1/images/_cdn/character/nobody.png",
    "/api/v1/images/_cdn/character/constructor.png",
  ])("%s is nowhere", async (path) => expect([404, 405]).toContain((await get(path)).status));

  test.each([
    ["a channel nobody has", "secret", {}, 422, "VALIDATION_ERROR"],
    ["the workers' channel", "generated", {}, 422, "VALIDATION_ERROR"],
    ["no name", "scan", { filename: "" }, 422, "VALIDATION_ERROR"],
    ["a name of 256", "scan", { filename: "x".repeat(256) }, 422, "VALIDATION_ERROR"],
    ["SVG", "scan", { content_type: "image/svg+xml" }, 422, "VALIDATION_ERROR"],
    ["a page", "scan", { content_type: "text/html" }, 422, "VALIDATION_ERROR"],
    ["large metadata", "scan", { metadata: { x: "y".repeat(3000) } }, 422, "VALIDATION_ERROR"],
    ["metadata that is a list", "scan", { metadata: "x" }, 422, "VALIDATION_ERROR"],
    ["somebody else's id", "scan", { uploader_id: stranger }, 403, "UPLOADER_MISMATCH"],
    ["no id at all", "scan", { uploader_id: "me" }, 422, "VALIDATION_ERROR"],
  ])("an upload with %s is refused", async (_what, channel, body, status, code) => {
    const answer = await use.send("POST", `/api/v1/images/${channel}`, {
      user,
      body: { ...asked, ...body },
    });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  test("nobody uploads without a token, and without a store nobody does", async () => {
    expect((await use.send("POST", "/api/v1/images/scan", { body: asked })).status).toBe(401);
    const none = await bare.send("POST", "/api/v1/images/scan", { user, body: asked });
    expect([none.status, await codeOf(none)]).toEqual([501, "NOT_CONFIGURED"]);
  });

  test("the callback tells what came, once, and only to whom it belongs", async () => {
    const metadata = { from: "camera" };
    const { key, cdn_url, upload_url } = await presign({ metadata }, "my");
    const call = async (who: string, channel: string, body: object) => {
      const answer = await use.send("POST", `/api/v1/images/${channel}/callback`, {
        user: who,
        body,
      });
      return [answer.status, await answer.json()] as [number, Record<string, unknown>];
    };
    const etag = `"${createHash("md5").update(photo).digest("hex")}"`;
    expect((await call(user, "my", { key, etag }))[1]).toMatchObject({ code: "UPLOAD_NOT_FOUND" });
    await put(upload_url, photo);
    const [mismatch, theirs, wrong] = await Promise.all([
      call(user, "chat", { key, etag }),
      call(stranger, "my", { key, etag }),
      call(user, "my", { key, etag: '"no"' }),
    ]);
    expect([mismatch[0], mismatch[1]["code"]]).toEqual([400, "CHANNEL_MISMATCH"]);
    expect([theirs[0], theirs[1]["code"]]).toEqual([403, "UPLOADER_MISMATCH"]);
    expect([wrong[0], wrong[1]["code"]]).toEqual([422, "VALIDATION_ERROR"]);
    const [status, body] = await call(user, "my", { key, etag, content_length: photo.length });
    expect(status).toBe(200);
    expect(body).toEqual({
      key,
      channel: "my",
      cdn_url,
      uploader_id: user,
      metadata,
      etag,
      content_type: "image/png",
    });
    expect((await call(user, "my", { key, etag }))[0]).toBe(404);
  });

  test("a picture of ours may go with a message, wherever this gateway lives; another private address may not", async () => {
    const chat = (await (await use.send("POST", "/api/v1/chat", { user })).json()) as {
      id: string;
    };
    const send = (image_url: string) =>
      use.send("POST", `/api/v1/chat/${chat.id}/messages`, {
        user,
        body: { message: "이건?", image_url },
      });
    const own = `${apiBase}/api/v1/images/_cdn/chat/${"b".repeat(32)}.png`;
    expect((await send(own)).status).not.toBe(422);
    expect((await send(own.replace(apiBase, "http://127.0.0.1:9"))).status).toBe(422);
  });

  test("an account that goes takes its pictures along, those not uploaded yet too", async () => {
    const leaver = "33333333-3333-4333-8333-333333333333" as UserId;
    const kept = await presign();
    await put(kept.upload_url, photo);
    const [one, two, open] = await Promise.all([
      presign({}, "chat", leaver),
      presign({}, "scan", leaver),
      presign({}, "my", leaver),
    ]);
    await put(one.upload_url, photo);
    await put(two.upload_url, photo);
    expect(await deleteImagesOf(use.deps, leaver)).toBe(3);
    expect(await deleteImagesOf(use.deps, leaver)).toBe(0);
    for (const { cdn_url } of [one, two]) expect((await get(cdn_url)).status).toBe(404);
    for (const { upload_url } of [one, open])
      expect((await put(upload_url, photo)).status).toBe(403);
    expect((await get(open.cdn_url)).status).toBe(404);
    expect((await get(kept.cdn_url)).status).toBe(200);
  });

  test("what was never finished is cleared, what is being written stays", async () => {
    const [old, fresh] = ["old", "fresh"].map((name) => join(dir, "tmp", name)) as [string, string];
    writeFileSync(old, "half");
    writeFileSync(fresh, "half");
    const before = (Date.now() - limits.unfinishedMs - 1000) / 1000;
    utimesSync(old, before, before);
    const { store } = use.deps.images ?? {};
    expect(store?.kind === "disk" ? await store.sweep(Date.now()) : 0).toBe(1);
    expect(readdirSync(join(dir, "tmp"))).toEqual(["fresh"]);
    rmSync(fresh);
  });

  test("the pictures that are shipped are what the shapes draw", async () => {
    expect(await drawAll()).toEqual(pictures);
  });

  test("thirteen characters have their picture, all together under 60 KB, with no store at all", async () => {
    const names =
      "eco paper paper_products pet plastic vinyl styrofoam glass metal clothes battery lighting monitor";
    let total = 0;
    for (const name of names.split(" ")) {
      const path = `/api/v1/images/_cdn/character/${name}.png`;
      const answer = await bare.app.request(path);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
      const known = { "if-none-match": answer.headers.get("etag") ?? "" };
      expect((await bare.app.request(path, { headers: known })).status).toBe(304);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect(bytes.slice(1, 4)).toEqual(new Uint8Array([0x50, 0x4e, 0x47]));
      total += bytes.length;
    }
    expect(total).toBeLessThan(60 * 1024);
  });
});
