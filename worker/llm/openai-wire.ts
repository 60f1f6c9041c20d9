import { parseJson } from "../../shared/parse-json.ts";
import type { Message, ModelRequest, ModelSettings, Part } from "./model-client.ts";
import { ModelError, type ModelErrorKind } from "./model-error.ts";
import { type ModelCall, retryAfterMs } from "./model-http.ts";
import { countField, field, redact, textField } from "./model-text.ts";
import type { Usage } from "./usage.ts";

const openaiUrl = "https://api.openai.com/v1";

/** OpenAI's own service; anything else is a compatible server with older habits. */
function isOpenai(settings: ModelSettings): boolean {
  return (settings.baseUrl ?? openaiUrl).startsWith(openaiUrl);
}

export function openaiCall(
  settings: ModelSettings,
  path: string,
  body: unknown,
  readTimeoutMs: number,
): ModelCall {
  const base = (settings.baseUrl ?? openaiUrl).replace(/\/+$/, "");
  return {
    url: `${base}/${path}`,
    headers: settings.key ? { authorization: `Bearer ${settings.key}` } : {},
    body,
    readTimeoutMs,
    retries: settings.retries ?? 2,
    firstRetryMs: settings.firstRetryMs ?? 250,
    readError: (status, headers, text) => {
      const error = parseJson(text);
      const shown = field(error, "error") === undefined ? { message: text } : error;
      return openaiError(shown, status, headers, settings.key);
    },
  };
}

const byCode: Readonly<Record<string, ModelErrorKind>> = {
  insufficient_quota: "quota",
  billing_hard_limit_reached: "quota",
  rate_limit_exceeded: "rate_limited",
  invalid_api_key: "auth",
  content_policy_violation: "content_filter",
  content_filter: "content_filter",
  moderation_blocked: "content_filter",
  context_length_exceeded: "invalid_request",
  model_not_found: "invalid_request",
  server_error: "upstream",
};

function kindOf(status: number | undefined, code: string | undefined): ModelErrorKind {
  const known = byCode[code ?? ""];
  if (known) return known;
  if (status === 401 || status === 403) return "auth";
  if (status === 429) return "rate_limited";
  if (status === undefined || status >= 500 || status === 408) return "upstream";
  return status >= 400 ? "invalid_request" : "bad_response";
}

/** An `{error: …}` object, whatever its depth: `error` may be an object, a sentence, or be the value itself. */
export function openaiError(
  value: unknown,
  status: number | undefined,
  headers: Headers | undefined,
  key: string | undefined,
): ModelError {
  const error = field(value, "error") ?? value;
  const said = typeof error === "string" ? error : (textField(error, "message") ?? "no message");
  const providerCode = textField(error, "code") ?? textField(error, "type");
  const shown = status === undefined ? "" : ` HTTP ${status}`;
  return new ModelError(kindOf(status, providerCode), `OpenAI${shown}: ${redact(said, key)}`, {
    status,
    providerCode,
    requestId: headers?.get("x-request-id") ?? undefined,
    retryAfterMs: headers && retryAfterMs(headers),
  });
}

function dataUrl({ image }: Extract<Part, { type: "image" }>): string {
  return `data:${image.mimeType};base64,${Buffer.from(image.bytes).toString("base64")}`;
}

function wireMessages(messages: readonly Message[]): unknown[] {
  return messages.map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : content.map(wirePart),
  }));
}

function wirePart(part: Part) {
  if (part.type === "text") return { type: "text", text: part.text };
  return { type: "image_url", image_url: { url: dataUrl(part), detail: part.detail ?? "auto" } };
}

/** Reasoning models refuse any temperature but their own. */
const fixedTemperature = /^(?:gpt-5|o\d)/;

/** What all chat requests share. */
export function chatBody(settings: ModelSettings, model: string, request: ModelRequest) {
  const limit = isOpenai(settings) ? "max_completion_tokens" : "max_tokens";
  const isWarm = request.temperature !== undefined && !fixedTemperature.test(model);
  return {
    model,
    messages: wireMessages(request.messages),
    ...(request.maxTokens === undefined ? {} : { [limit]: request.maxTokens }),
    ...(isWarm ? { temperature: request.temperature } : {}),
  };
}

/** Of chat completions; undefined when the answer carries none. */
export function chatUsage(value: unknown): Usage | undefined {
  const usage = field(value, "usage");
  if (typeof usage !== "object" || usage === null) return undefined;
  return {
    inputTokens: countField(usage, "prompt_tokens"),
    cachedInputTokens: countField(field(usage, "prompt_tokens_details"), "cached_tokens"),
    outputTokens: countField(usage, "completion_tokens"),
    reasoningTokens: countField(field(usage, "completion_tokens_details"), "reasoning_tokens"),
  };
}
