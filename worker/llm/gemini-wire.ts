import { parseJson } from "../../shared/parse-json.ts";
import type { Message, ModelRequest, ModelSettings, Part } from "./model-client.ts";
import { ModelError, type ModelErrorKind } from "./model-error.ts";
import { type ModelCall, retryAfterMs } from "./model-http.ts";
import { countField, field, listField, redact, textField } from "./model-text.ts";
import type { Usage } from "./usage.ts";

export function geminiCall(
  settings: ModelSettings,
  model: string,
  method: "generateContent" | "streamGenerateContent?alt=sse",
  body: unknown,
  readTimeoutMs: number,
): ModelCall {
  const base = settings.baseUrl ?? "https://generativelanguage.googleapis.com/v1beta";
  return {
    url: `${base.replace(/\/+$/, "")}/models/${encodeURIComponent(model)}:${method}`,
    headers: settings.key ? { "x-goog-api-key": settings.key } : {},
    body,
    readTimeoutMs,
    retries: settings.retries ?? 2,
    firstRetryMs: settings.firstRetryMs ?? 250,
    readError: (status, headers, text) => {
      const json: unknown = parseJson(text);
      // without `alt=sse`, and from some proxies, errors come in a list
      const value: unknown = Array.isArray(json) ? json[0] : json;
      const shown = field(value, "error") === undefined ? { message: text } : value;
      return geminiError(shown, status, headers, settings.key);
    },
  };
}

export function geminiError(
  value: unknown,
  status: number | undefined,
  headers: Headers | undefined,
  key: string | undefined,
): ModelError {
  const error = field(value, "error") ?? value;
  const details = listField(error, "details");
  const reasons = details.map((detail) => textField(detail, "reason"));
  const isBadKey = reasons.includes("API_KEY_INVALID");
  const asked = details.flatMap((detail) => textField(detail, "retryDelay") ?? [])[0];
  const waitMs = readDelay(asked) ?? (headers && retryAfterMs(headers));
  const told = status ?? (countField(error, "code") || undefined);
  const message = redact(textField(error, "message") ?? "no message", key);
  const shown = told === undefined ? "" : ` HTTP ${told}`;
  const kind = isBadKey ? "auth" : kindOf(told, waitMs);
  return new ModelError(kind, `Gemini${shown}: ${message}`, {
    status: told,
    providerCode: isBadKey ? "API_KEY_INVALID" : textField(error, "status"),
    retryAfterMs: waitMs,
  });
}

/** `"34s"`, `"0.5s"` in milliseconds. */
function readDelay(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)s$/.exec(text ?? "");
  return match ? Number(match[1]) * 1000 : undefined;
}

/** A used-up account names no time to wait; a rate limit does. */
function kindOf(status: number | undefined, waitMs: number | undefined): ModelErrorKind {
  if (status === 401 || status === 403) return "auth";
  if (status === 429) return waitMs === undefined ? "quota" : "rate_limited";
  if (status === undefined || status >= 500 || status === 408) return "upstream";
  return status >= 400 ? "invalid_request" : "bad_response";
}

function wirePart(part: Part) {
  if (part.type === "text") return { text: part.text };
  const { mimeType, bytes } = part.image;
  return { inlineData: { mimeType, data: Buffer.from(bytes).toString("base64") } };
}

function textOf(message: Message): string {
  if (typeof message.content === "string") return message.content;
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export interface GeminiOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly unknown[];
  readonly toolConfig?: unknown;
  /** Turns after the messages, in the provider's form. */
  readonly history?: readonly unknown[];
}

/** Neighbouring messages of one role become one: the service wants the roles to alternate. */
export function geminiBody(request: ModelRequest, options: GeminiOptions = {}): object {
  const contents: { role: "user" | "model"; parts: unknown[] }[] = [];
  for (const message of request.messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "model" : "user";
    const { content } = message;
    const parts = typeof content === "string" ? [{ text: content }] : content.map(wirePart);
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  }
  const system = request.messages.filter(({ role }) => role === "system").map(textOf);
  const { temperature, maxTokens } = request;
  return {
    contents: [...contents, ...(options.history ?? [])],
    ...(system.length > 0 ? { systemInstruction: { parts: [{ text: system.join("\n\n") }] } } : {}),
    generationConfig: {
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
      ...options.config,
    },
    ...(options.tools ? { tools: options.tools } : {}),
    ...(options.toolConfig ? { toolConfig: options.toolConfig } : {}),
  };
}

/** Tool parameters are an OpenAPI subset that refuses these words of JSON Schema. */
const unknownWords = new Set(["additionalProperties", "$schema", "$id", "title"]);

/** A schema without the words that tool parameters must not have. Names of properties are left alone. */
export function openApiSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openApiSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([word]) => !unknownWords.has(word))
      .map(([word, value]) => {
        if (word !== "properties") return [word, openApiSchema(value)];
        const properties = Object.entries(value as Readonly<Record<string, unknown>>);
        return [
          word,
          Object.fromEntries(properties.map(([name, one]) => [name, openApiSchema(one)])),
        ];
      }),
  );
}

/** Undefined when the answer carries none. */
export function geminiUsage(value: unknown): Usage | undefined {
  const usage = field(value, "usageMetadata");
  if (typeof usage !== "object" || usage === null) return undefined;
  const reasoningTokens = countField(usage, "thoughtsTokenCount");
  return {
    inputTokens: countField(usage, "promptTokenCount"),
    cachedInputTokens: countField(usage, "cachedContentTokenCount"),
    outputTokens: countField(usage, "candidatesTokenCount") + reasoningTokens,
    reasoningTokens,
  };
}
