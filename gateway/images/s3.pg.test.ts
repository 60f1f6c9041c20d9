import { afterAll, expect, test } from "bun:test";
import type { UserId } from "../../shared/contract/ids.ts";
import { uploadUrl } from "../../shared/images/upload-url.ts";
import { pngOf } from "../../shared/testing/pictures.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { fakeS3 } from "../../tests/fakes/fake-s3.ts";
import { openTestApp } from "../testing/test-app.ts";
import { deleteImagesOf } from "./delete-images.ts";
import { openS3Store } from "./s3-store.ts";

const user = "11111111-1111-4111-8111-111111111111" as UserId;
const apiBase = "https://api.eco2.test";
const cdnBase = "https://images.eco2.test";
const secret = "a secret of the image tests, long enough";
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "a/key+of=tests",
  region: "ap-northeast-2",
};
const photo = pngOf(64, 48);

describeWith("redis", "postgres")("images in a bucket", async () => {
  const s3 = fakeS3({ bucket: "pictures", ...credentials });
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const settings = { bucketUrl: `${s3.url}/pictures`, ...credentials };
  const images = { apiBase, cdnBase, secret, keptIn: { s3: settings } };
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, images });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop(), s3.stop()]);
  });
  const presign = async () => {
    const body = { filename: "사진 1.png", content_type: "image/png" };
    const answer = await use.send("POST", "/api/v1/images/scan", { user, body });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { key: string; upload_url: string; cdn_url: string };
  };
  const put = (url: string, type = "image/png", body: Uint8Array<ArrayBuffer> = photo) =>
    fetch(url, { method: "PUT", headers: { "content-type": type }, body });

  test("the bucket takes what was signed, of that type and at that key alone", async () => {
    const { key, upload_url, cdn_url } = await presign();
    expect(cdn_url).toBe(`${cdnBase}/${key}`);
    expect(use.deps.images?.isOwn(cdn_url)).toBe(true);
    expect((await put(upload_url, "text/html")).status).toBe(403);
    expect((await put(upload_url.replace("/scan/", "/chat/"))).status).toBe(403);
    expect(
      (await put(upload_url.replace("X-Amz-Expires=900", "X-Amz-Expires=604800"))).status,
    ).toBe(403);
    expect((await put(upload_url)).status).toBe(200);
    expect(s3.held.get(key)).toEqual({ bytes: photo, type: "image/png" });
  });

  test("the callback asks the bucket what came", async () => {
    const { key, upload_url } = await presign();
    const call = (etag: string) =>
      use.send("POST", "/api/v1/images/scan/callback", { user, body: { key, etag } });
    expect((await call("x")).status).toBe(404);
    const etag = (await put(upload_url)).headers.get("etag") ?? "";
    expect((await call("x")).status).toBe(422);
    expect((await call(etag)).status).toBe(200);
  });

  test("people cannot go round the bucket; what a worker made goes through us, checked, into it", async () => {
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const sent = async (right: { key: string; by?: string }, body: Uint8Array<ArrayBuffer>) => {
      const url = uploadUrl(apiBase, secret, { contentType: "image/png", expiresAt, ...right });
      const headers = { "content-type": "image/png" };
      return (await use.app.request(url, { method: "PUT", headers, body })).status;
    };
    expect(await sent({ key: `scan/${"a".repeat(32)}.png` }, photo)).toBe(403);
    const key = `generated/${"b".repeat(32)}.png`;
    expect(await sent({ key, by: user }, pngOf(100_000, 100_000))).toBe(413);
    expect(s3.held.has(key)).toBe(false);
    expect(await sent({ key, by: user }, photo)).toBe(200);
    expect(s3.held.get(key)?.bytes).toEqual(photo);
  });

  test("an account that goes takes its pictures out of the bucket; while that is away nothing is forgotten", async () => {
    const [{ key, upload_url }, other] = [await presign(), await presign()];
    await put(upload_url);
    await put(other.upload_url);
    s3.trouble(503);
    const failed: unknown = await deleteImagesOf(use.deps, user).catch((cause: unknown) => cause);
    expect(failed).toMatchObject({ code: "UNAVAILABLE" });
    s3.trouble(undefined);
    expect(await deleteImagesOf(use.deps, user)).toBeGreaterThan(1);
    expect(s3.held.has(key)).toBe(false);
    expect(s3.held.has(other.key)).toBe(false);
  });

  test("a key the bucket does not know is our failure to set up, not the person's", async () => {
    const wrong = openS3Store({ ...settings, secretAccessKey: "wrong" });
    const failed: unknown = await wrong.stat(`scan/${"c".repeat(32)}.png`).catch((c: unknown) => c);
    expect(failed).toMatchObject({ code: "UNAVAILABLE" });
  });
});
