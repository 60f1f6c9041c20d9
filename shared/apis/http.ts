import { pause } from "../clock.ts";
import { redact } from "./redact.ts";
import { type ApiResult, fail, type Failure, failByStatus } from "./result.ts";
import { retryDelayMs } from "./retry-after.ts";

/** Bytes of one answer; a larger body is `bad_response`. Images need more and say so. */
const defaultMaxBytes = 5 * 1024 * 1024;
const defaultRetries = 2;
const defaultFirstRetryMs = 250;

/** What every client of an outside service is given. Without a key it answers `not_configured`. */
export interface ApiSettings {
  readonly key?: string | undefined;
  /** Replaces the provider's address: tests and proxies. */
  readonly baseUrl?: string | undefined;
  /** For one try. The caller's signal is the budget of the whole call. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first, for network errors, 408, 429 and 5xx. 0 when the caller retries itself. */
  readonly retries?: number | undefined;
  /** Wait before the first retry; doubles, with jitter. */
  readonly firstRetryMs?: number | undefined;
}

export interface ApiRequest {
  /** For messages. */
  readonly provider: string;
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData | URLSearchParams;
  readonly timeoutMs: number;
  readonly retries?: number | undefined;
  readonly firstRetryMs?: number | undefined;
  readonly maxBytes?: number;
  /** Never appear in a message, in any encoding. */
  readonly secrets: readonly string[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded as UTF-8, without a byte order mark. */
  readonly text: string;
}

interface Try<T> {
  readonly result: ApiResult<T>;
  readonly headers?: Headers;
}

/**
 * One call of an outside service, with its retries. `read` gives the verdict on an answer: a 200 proves
 * nothing. Timeouts are not tried again, since the caller's budget would be gone. Redirects are refused, so
 * that no key travels to another host. Never throws; the caller's abort ends the request and is `timeout`.
 */
export async function ask<T>(
  request: ApiRequest,
  read: (answer: ApiAnswer) => ApiResult<T>,
  signal: AbortSignal,
): Promise<ApiResult<T>> {
  const retries = request.retries ?? defaultRetries;
  for (let attempt = 0; ; attempt++) {
    const { result, headers } = await askOnce(request, read, signal);
    if (result.ok) return result;
    const told = { ...result, message: tell(request, result) };
    if (!result.retriable || result.kind === "timeout" || attempt >= retries) return told;
    const firstMs = request.firstRetryMs ?? defaultFirstRetryMs;
    const waitMs = retryDelayMs(attempt, firstMs, headers, Date.now());
    if (waitMs === undefined) return told;
    await pause(waitMs, signal);
    if (signal.aborted) return told;
  }
}

async function askOnce<T>(
  request: ApiRequest,
  read: (answer: ApiAnswer) => ApiResult<T>,
  signal: AbortSignal,
): Promise<Try<T>> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  try {
    signal.throwIfAborted();
    const response = await fetch(request.url, {
      method: request.method ?? "GET",
      headers: { accept: "application/json", ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await readCapped(response, request.maxBytes ?? defaultMaxBytes);
    const { status, headers } = response;
    if (text === undefined) {
      return { result: fail("bad_response", "the body is too large", { status }), headers };
    }
    return { result: read({ status, headers, text }), headers };
  } catch (cause) {
    return { result: failOfCause(cause, signal, timeout, request.timeoutMs) };
  }
}

/** The body as text, undefined once it passes the cap; the rest is then not read. */
async function readCapped(response: Response, maxBytes: number): Promise<string | undefined> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function failOfCause(
  cause: unknown,
  signal: AbortSignal,
  timeout: AbortSignal,
  timeoutMs: number,
): Failure {
  if (signal.aborted) return fail("timeout", "the caller stopped waiting", { retriable: false });
  if (timeout.aborted) return fail("timeout", `no answer within ${timeoutMs} ms`);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return fail("network", code ?? "the connection failed", { providerCode: code });
}

function tell(request: ApiRequest, failure: Failure): string {
  const status = failure.status === undefined ? "" : ` HTTP ${failure.status}`;
  const code = failure.providerCode === undefined ? "" : ` [${failure.providerCode}]`;
  const detail = `${code} ${failure.message}`.trim();
  return `${request.provider}: ${failure.kind}${status} ${redact(detail, request.secrets)}`;
}

/** The verdict on a body that should have been JSON: its status, else `bad_response`. */
export function failNotJson(answer: ApiAnswer): Failure {
  const isHtml = /^\s*<(?:!doctype html|html|head|body)/i.test(answer.text);
  const detail = isHtml ? "an HTML page instead of JSON" : `not JSON: ${answer.text.slice(0, 200)}`;
  return answer.status >= 300
    ? failByStatus(answer.status, detail)
    : fail("bad_response", detail, { status: answer.status });
}
