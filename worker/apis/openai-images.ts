import { type ApiAnswer, type ApiSettings, ask, failNotJson } from "../../shared/apis/http.ts";
import { parseJson } from "../../shared/parse-json.ts";
import { decodeImage, imageBodyBytes, type ImageRequest, type MadeImage } from "./image-bytes.ts";
import {
  type ApiResult,
  fail,
  failByStatus,
  notConfigured,
  succeed,
} from "../../shared/apis/result.ts";
import { asList, clip, field, textField } from "../../shared/apis/wire.ts";

/**
 * Makes one picture. An empty prompt or one the provider refuses (`content_policy_violation`,
 * `moderation_blocked`, `IMAGE_SAFETY`) is `invalid_request`; an answer without a picture `bad_response`.
 */
export type ImageMaker = (
  request: ImageRequest,
  signal: AbortSignal,
) => Promise<ApiResult<MadeImage>>;

const timeoutMs = 60_000;
const promptChars = 32_000;
/** Reference pictures of one edit that we send: the character, nothing else. */
const referencesAtMost = 1;
const sizes = { square: "1024x1024", portrait: "1024x1536", landscape: "1536x1024" } as const;

/** Not tried again by itself: every try may cost a picture. Source: platform.openai.com, Images. */
export function openaiImages(settings: ApiSettings & { readonly model?: string }): ImageMaker {
  const { key } = settings;
  if (!key) return notConfigured("OpenAI images");
  const model = settings.model ?? "gpt-image-1.5";
  const base = settings.baseUrl ?? "https://api.openai.com/v1";
  return (request, signal) => {
    const prompt = clip(request.prompt.trim(), promptChars);
    if (prompt === "") {
      return Promise.resolve(fail("invalid_request", "OpenAI images: the prompt is empty"));
    }
    const fields = {
      model,
      prompt,
      size: sizes[request.shape ?? "square"],
      quality: request.quality ?? "medium",
      output_format: "png",
    };
    const references = (request.references ?? []).slice(0, referencesAtMost);
    const isEdit = references.length > 0;
    return ask(
      {
        provider: "OpenAI images",
        url: new URL(`${base}/images/${isEdit ? "edits" : "generations"}`),
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          ...(isEdit ? {} : { "content-type": "application/json" }),
        },
        body: isEdit ? editForm(fields, references) : JSON.stringify({ ...fields, n: 1 }),
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

function editForm(
  fields: Readonly<Record<string, string>>,
  references: NonNullable<ImageRequest["references"]>,
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  references.forEach(({ bytes, mimeType }, i) => {
    const file = new Blob([new Uint8Array(bytes)], { type: mimeType });
    form.append("image[]", file, `reference-${i}.${mimeType.split("/")[1] ?? "png"}`);
  });
  return form;
}

function readImage(answer: ApiAnswer, model: string): ApiResult<MadeImage> {
  const { status } = answer;
  const json = parseJson(answer.text);
  if (json === undefined) return failNotJson(answer);
  const error = field(json, "error");
  if (status >= 300 || (error !== undefined && error !== null)) {
    const providerCode = textField(error, "code") ?? textField(error, "type");
    const detail = textField(error, "message") ?? "no message";
    if (providerCode === "insufficient_quota")
      return fail("quota", detail, { status, providerCode });
    return status >= 300
      ? failByStatus(status, detail, providerCode)
      : fail("upstream", detail, { status, providerCode });
  }
  const [first] = asList(field(json, "data"));
  const encoded = field(first, "b64_json");
  const image = typeof encoded === "string" ? decodeImage(encoded) : undefined;
  if (!image) return fail("bad_response", "no picture in the answer", { status });
  return succeed({ ...image, description: textField(first, "revised_prompt") ?? null, model });
}
