import { afterAll, afterEach, expect, test } from "bun:test";
import { fakeGemini, geminiErrors, type GeminiReply } from "../../tests/fakes/fake-gemini.ts";
import { fakeOpenAi, openAiErrors, tinyPng } from "../../tests/fakes/fake-openai.ts";
import { geminiImages } from "./gemini-images.ts";
import { imageTypeOf } from "../../shared/images/image-type.ts";
import { decodeImage } from "./image-bytes.ts";
import { openaiImages } from "./openai-images.ts";

const signal = new AbortController().signal;
const picture = new Uint8Array(Buffer.from(tinyPng, "base64"));
const reference = { bytes: picture, mimeType: "image/png" };
const key = "sk-secret-0123456789";

const openai = fakeOpenAi(() => ({}));
let reply: GeminiReply = {};
const gemini = fakeGemini(() => reply);
afterEach(() => {
  openai.trouble(undefined);
  gemini.trouble(undefined);
});
afterAll(() => Promise.all([openai.stop(), gemini.stop()]));

const byOpenai = openaiImages({ key, baseUrl: openai.baseUrl });
const byGemini = geminiImages({ key, baseUrl: gemini.baseUrl });

test("OpenAI draws from a prompt", async () => {
  const made = await byOpenai({ prompt: "텀블러", shape: "portrait", quality: "low" }, signal);
  expect(openai.seen.at(-1)).toMatchObject({ method: "POST", path: "/images/generations" });
  expect(openai.seen.at(-1)?.headers.get("authorization")).toBe(`Bearer ${key}`);
  expect(openai.seen.at(-1)?.json).toEqual({
    model: "gpt-image-1.5",
    prompt: "텀블러",
    n: 1,
    size: "1024x1536",
    quality: "low",
    output_format: "png",
  });
  expect(made).toEqual({
    ok: true,
    data: { bytes: picture, mimeType: "image/png", description: "a cup", model: "gpt-image-1.5" },
  });
});

test("with a reference OpenAI edits", async () => {
  await byOpenai({ prompt: "x", shape: "landscape", references: [reference, reference] }, signal);
  const asked = openai.seen.at(-1);
  expect(asked?.path).toBe("/images/edits");
  expect(asked?.headers.get("content-type")).toStartWith("multipart/form-data; boundary=");
  expect(asked?.text.match(/name="image\[\]"; filename="reference-0.png"/g)?.length).toBe(1);
  expect(asked?.text).toContain("1536x1024");
});

test.each([
  { name: "a bad key", trouble: openAiErrors.badKey(key), kind: "auth" },
  { name: "a refused prompt", trouble: openAiErrors.policy, kind: "invalid_request" },
  { name: "an empty account", trouble: openAiErrors.noQuota, kind: "quota" },
  { name: "a rate limit", trouble: openAiErrors.rateLimit("1"), kind: "quota" },
  {
    name: "an answer without a picture",
    trouble: { status: 200, body: '{"data":[]}' },
    kind: "bad_response",
  },
  {
    name: "text for a picture",
    trouble: { status: 200, body: '{"data":[{"b64_json":"aGVsbG8="}]}' },
    kind: "bad_response",
  },
  { name: "a 500", trouble: { status: 500, body: "{}" }, kind: "upstream" },
] as const)("$name is $kind, once, without the key", async ({ trouble, kind }) => {
  openai.trouble(trouble);
  const before = openai.seen.length;
  const made = await byOpenai({ prompt: "x" }, signal);
  expect(made).toMatchObject({ ok: false, kind });
  expect(made.ok ? "" : made.message).not.toContain("secret");
  expect(openai.seen.length - before).toBe(1);
});

test("Gemini draws after its references", async () => {
  reply = { hasImage: true, text: "컵이에요" };
  const references = Array.from({ length: 20 }, () => reference);
  const made = await byGemini({ prompt: "컵", quality: "high", references }, signal);
  const asked = gemini.seen.at(-1);
  expect(asked?.path).toBe("/models/gemini-3-pro-image-preview:generateContent");
  expect(asked?.headers.get("x-goog-api-key")).toBe(key);
  const { contents, generationConfig } = (asked?.json ?? {}) as {
    contents: { parts: unknown[] }[];
    generationConfig: unknown;
  };
  expect(contents[0]?.parts.length).toBe(15);
  expect(contents[0]?.parts.at(-1)).toEqual({ text: "컵" });
  expect(generationConfig).toEqual({
    responseModalities: ["TEXT", "IMAGE"],
    imageConfig: { aspectRatio: "1:1", imageSize: "2K" },
  });
  expect(made).toMatchObject({
    ok: true,
    data: { mimeType: "image/png", description: "컵이에요" },
  });
});

test("the flash model takes three references and no size", async () => {
  reply = { hasImage: true };
  const flash = geminiImages({ key, baseUrl: gemini.baseUrl, model: "gemini-2.5-flash-image" });
  const references = Array.from({ length: 5 }, () => reference);
  const made = await flash({ prompt: "컵", shape: "landscape", references }, signal);
  const body = JSON.stringify(gemini.seen.at(-1)?.json);
  expect(body).toContain('"imageConfig":{"aspectRatio":"16:9"}');
  expect(body.match(/inlineData/g)?.length).toBe(3);
  expect(made).toMatchObject({ ok: true, data: { description: null } });
});

test.each([
  {
    name: "a blocked prompt",
    said: { blockReason: "PROHIBITED_CONTENT" },
    kind: "invalid_request",
  },
  { name: "a blocked picture", said: { finishReason: "IMAGE_SAFETY" }, kind: "invalid_request" },
  { name: "words only", said: { text: "못 그려요" }, kind: "bad_response" },
] as const)("$name is $kind", async ({ said, kind }) => {
  reply = said;
  expect(await byGemini({ prompt: "x" }, signal)).toMatchObject({ ok: false, kind });
});

test("Gemini's bad key is `auth` although it comes as a bad request", async () => {
  gemini.trouble(geminiErrors.badKey);
  expect(await byGemini({ prompt: "x" }, signal)).toMatchObject({ ok: false, kind: "auth" });
  gemini.trouble(geminiErrors.exhausted("34s"));
  expect(await byGemini({ prompt: "x" }, signal)).toMatchObject({ ok: false, kind: "quota" });
});

test("no key and no prompt make no call", async () => {
  const before = openai.seen.length + gemini.seen.length;
  expect(await openaiImages({})({ prompt: "x" }, signal)).toMatchObject({ kind: "not_configured" });
  expect(await geminiImages({})({ prompt: "x" }, signal)).toMatchObject({ kind: "not_configured" });
  expect(await byOpenai({ prompt: " " }, signal)).toMatchObject({ kind: "invalid_request" });
  expect(await byGemini({ prompt: " " }, signal)).toMatchObject({ kind: "invalid_request" });
  expect(openai.seen.length + gemini.seen.length).toBe(before);
});

test("a picture is what its bytes say", () => {
  expect(imageTypeOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toBe("image/jpeg");
  expect(imageTypeOf(new TextEncoder().encode("RIFF0000WEBPVP8 "))).toBe("image/webp");
  expect(imageTypeOf(new TextEncoder().encode("<html>"))).toBeUndefined();
  expect(decodeImage("")).toBeUndefined();
});
