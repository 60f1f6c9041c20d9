import { pause } from "../../shared/clock.ts";
import { ModelError } from "./model-error.ts";

/** Bytes of an answer that is not streamed, and of an error body. */
const maxJsonBytes = 5 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
/** A longer wait than this is the caller's decision. */
const longestWaitMs = 2000;

export interface ModelCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Longest silence, ms. */
  readonly readTimeoutMs: number;
  readonly retries: number;
  readonly firstRetryMs: number;
  /** What an error answer means. */
  readError(status: number, headers: Headers, text: string): ModelError;
}

/**
 * Posts, and hands out the chunks of a 2xx answer as they come. Tries again only before the first chunk,
 * for errors that pass and that ask for at most 2 s. Leaving the loop early, or aborting, closes the socket.
 */
export async function* streamModel(
  call: ModelCall,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const silence = watchSilence(call.readTimeoutMs, () => stop.abort());
  let reader: Pick<ReadableStreamDefaultReader, "read"> | undefined;
  try {
    const response = await open(call, signal, silence, stop.signal);
    if (!response.body) return;
    const body = response.body.getReader();
    reader = body;
    for (;;) {
      // not by `guard`: this is once per token
      let chunk: Awaited<ReturnType<typeof body.read>>;
      silence.begin();
      try {
        chunk = await body.read();
      } catch (cause) {
        throw whatBroke(cause, signal, silence, "cut_off");
      }
      silence.end();
      if (chunk.done) {
        reader = undefined;
        return;
      }
      yield chunk.value;
    }
  } finally {
    if (reader && !signal.aborted && !stop.signal.aborted) await takeEnd(reader);
    silence.stop();
    stop.abort();
  }
}

/**
 * A reader that leaves at `[DONE]` leaves the end of the body behind it: taken within 50 ms, the connection
 * serves the next call instead of being closed. Ten streams in a row: 1 connection, not 10 (2026-11-20).
 */
async function takeEnd(reader: Pick<ReadableStreamDefaultReader, "read">): Promise<void> {
  const end = reader.read().then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([end, Bun.sleep(50)]);
}

/** Posts and reads the whole answer as JSON. */
export async function callModel(call: ModelCall, signal: AbortSignal): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of streamModel(call, signal)) {
    bytes += chunk.byteLength;
    if (bytes > maxJsonBytes) throw new ModelError("bad_response", "the answer is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError("bad_response", "the answer is not JSON", { cause });
  }
}

async function open(
  call: ModelCall,
  signal: AbortSignal,
  silence: Silence,
  stopped: AbortSignal,
): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await openOnce(call, signal, silence, stopped);
    } catch (cause) {
      if (!(cause instanceof ModelError) || !cause.isPassing) throw cause;
      // a second wait of a minute helps nobody
      if (cause.kind === "timeout" || attempt >= call.retries) throw cause;
      const base = call.firstRetryMs * 2 ** attempt;
      const waitMs = cause.retryAfterMs ?? base + Math.random() * base;
      if (waitMs > longestWaitMs) throw cause;
      await pause(waitMs, signal);
      signal.throwIfAborted();
    }
  }
}

async function openOnce(
  call: ModelCall,
  signal: AbortSignal,
  silence: Silence,
  stopped: AbortSignal,
): Promise<Response> {
  signal.throwIfAborted();
  const response = await guard(signal, silence, "network", () =>
    fetch(call.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...call.headers },
      body: JSON.stringify(call.body),
      redirect: "manual",
      signal: AbortSignal.any([signal, stopped]),
    }),
  );
  if (response.ok) return response;
  const text = await guard(signal, silence, "network", () => readStart(response));
  throw call.readError(response.status, response.headers, text);
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  if (!response.body) return text;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxErrorBytes) break;
  }
  return text;
}

/** Watches the silence of one call. */
interface Silence {
  readonly ms: number;
  /** It was silent for too long; it is stopped. */
  isLate(): boolean;
  /** From now on it is waited for. */
  begin(): void;
  end(): void;
  stop(): void;
}

/** One timer for a whole answer, set anew only when it fires: one for each chunk cost a token 2 µs (2026-11-21). */
function watchSilence(ms: number, onLate: () => void): Silence {
  let sinceMs: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const look = () => {
    timer = undefined;
    if (sinceMs === undefined) return;
    const leftMs = sinceMs + ms - performance.now();
    if (leftMs > 0) {
      timer = setTimeout(look, leftMs);
      return;
    }
    isLate = true;
    onLate();
  };
  return {
    ms,
    isLate: () => isLate,
    begin: () => {
      sinceMs = performance.now();
      timer ??= setTimeout(look, ms);
    },
    end: () => (sinceMs = undefined),
    stop: () => clearTimeout(timer),
  };
}

/**
 * Runs one step under the silence timeout. A socket that fails becomes `failure`; the caller's abort rises
 * as its own reason.
 */
async function guard<T>(
  signal: AbortSignal,
  silence: Silence,
  failure: "network" | "cut_off",
  step: () => Promise<T>,
): Promise<T> {
  silence.begin();
  try {
    return await step();
  } catch (cause) {
    throw whatBroke(cause, signal, silence, failure);
  } finally {
    silence.end();
  }
}

/** Throws the reason itself when the caller aborted. */
function whatBroke(
  cause: unknown,
  signal: AbortSignal,
  silence: Silence,
  failure: "network" | "cut_off",
): ModelError {
  signal.throwIfAborted();
  if (silence.isLate()) {
    return new ModelError("timeout", `silent for ${silence.ms} ms`, { cause });
  }
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "socket failed";
  return new ModelError(failure, `the connection broke: ${code}`, { cause });
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after");
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
