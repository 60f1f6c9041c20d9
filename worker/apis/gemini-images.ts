import { type ApiAnswer, type ApiSettings, ask, failNotJson } from "../../shared/apis/http.ts";
import { parseJson } from "../../shared/parse-json.ts";
import { decodeImage, imageBodyBytes, type MadeImage } from "./image-bytes.ts";
import type { ImageMaker } from "./openai-images.ts";
import {
  type ApiResult,
  fail,
  failByStatus,
  notConfigured,
  succeed,
} from "../../shared/apis/result.ts";
import { asList, clip, field, textField } from "../../shared/apis/wire.ts";

const timeoutMs = 60_000;
const promptChars = 32_000;
const ratios = { square: "1:1", portrait: "9:16", landscape: "16:9" } as const;
/** Only the pro model takes a size; "low" leaves it to the model. */
const sizes = { low: undefined, medium: "1K", high: "2K" } as const;

/** Not tried again by itself: every try may cost a picture. Source: ai.google.dev, image generation. */
export function geminiImages(settings: ApiSettings & { readonly model?: string }): ImageMaker {
  const { key } = settings;
  if (!key) return notConfigured("Gemini images");
  const model = settings.model ?? "gemini-3-pro-image-preview";
  const isPro = model.includes("pro");
  const base = settings.baseUrl ?? "https://generativelanguage.googleapis.com/v1beta";
  return (request, signal) => {
    const prompt = clip(request.prompt.trim(), promptChars);
    if (prompt === "") {
      return Promise.resolve(fail("invalid_request", "Gemini images: the prompt is empty"));
    }
    const imageSize = isPro ? sizes[request.quality ?? "medium"] : undefined;
    const references = (request.references ?? []).slice(0, isPro ? 14 : 3);
    const body = {
      contents: [
        {
          role: "user",
          parts: [
            ...references.map(({ bytes, mimeType }) => ({
              inlineData: { mimeType, data: Buffer.from(bytes).toString("base64") },
            })),
            { text: prompt },
          ],
        },
      ],
      generationConfig: {
        responseModalities: ["TEXT", "IMAGE"],
        imageConfig: {
          aspectRatio: ratios[request.shape ?? "square"],
          ...(imageSize ? { imageSize } : {}),
        },
      },
    };
    return ask(
      {
        provider: "Gemini images",
        url: new URL(`${base}/models/${encodeURIComponent(model)}:generateContent`),
        method: "POST",
        headers: { "x-goog-api-key": key, "content-type": "application/json" },
        body: JSON.stringify(body),
        timeoutMs: settings.timeoutMs ?? timeoutMs,
        retries: settings.retries ?? 0,
        firstRetryMs: settings.firstRetryMs,
        maxBytes: imageBodyBytes,
        secrets: [key],
      },
      (answer) => readImage(answer, model),
      signal,
    );
  };
}

function readImage(answer: ApiAnswer, model: string): ApiResult<MadeImage> {
  const { status } = answer;
  const json = parseJson(answer.text);
  if (json === undefined) return failNotJson(answer);
  const error = field(json, "error");
  if (status >= 300 || error !== undefined) return failOfError(status, error);
  const blocked = textField(field(json, "promptFeedback"), "blockReason");
  const [candidate] = asList(field(json, "candidates"));
  const parts = asList(field(field(candidate, "content"), "parts")).filter(
    (part) => field(part, "thought") !== true,
  );
  const encoded = parts.map((part) => field(field(part, "inlineData"), "data"));
  const data = encoded.find((value) => typeof value === "string");
  const image = data === undefined ? undefined : decodeImage(data);
  if (!image) {
    const reason = blocked ?? textField(candidate, "finishReason") ?? "STOP";
    const refused = /SAFETY|PROHIBITED|BLOCK|RECITATION|SPII|OTHER/.test(reason);
    const more = { status, providerCode: reason };
    return refused
      ? fail("invalid_request", "the prompt was refused", more)
      : fail("bad_response", "no picture in the answer", more);
  }
  const texts = parts.map((part) => field(part, "text")).filter((text) => typeof text === "string");
  const description = texts.join("").trim();
  return succeed({ ...image, description: description === "" ? null : description, model });
}

function failOfError(status: number, error: unknown): ApiResult<never> {
  const reasons = asList(field(error, "details")).map((detail) => field(detail, "reason"));
  const providerCode = textField(error, "status");
  const detail = textField(error, "message") ?? "no message";
  const code = Number(field(error, "code"));
  // a bad key is told as a bad request
  if (reasons.includes("API_KEY_INVALID")) {
    return fail("auth", detail, { status, providerCode: "API_KEY_INVALID" });
  }
  const told = status >= 300 ? status : Number.isInteger(code) ? code : 500;
  return failByStatus(told, detail, providerCode);
}
