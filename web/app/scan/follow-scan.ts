import { createSseParser } from "../../client/parse-sse.ts";
import { type Connection, sendRequest } from "../../client/request.ts";
import type { Result, StageEvent, Started } from "./wire.ts";

const pollMs = 2000;
/** Three minutes: longer than any scan runs. */
const polls = 90;

/**
 * Follows a scan to its result. The events are for the eye; the result is asked for at their end, and again and again
 * when the line breaks. Throws `ApiError`, or the abort reason.
 */
export async function followScan(
  to: Connection,
  started: Started,
  onEvent: (event: StageEvent) => void,
  signal: AbortSignal,
): Promise<Result> {
  await readEvents(to, started.stream_url, onEvent, signal).catch(() => signal.throwIfAborted());
  for (let asked = 0; asked < polls; asked++) {
    const response = await sendRequest(to, started.result_url, { signal });
    if (response.status === 200) return (await response.json()) as Result;
    await response.body?.cancel();
    await waitMs(pollMs, signal);
  }
  throw new Error("the scan has no end");
}

async function readEvents(
  to: Connection,
  path: string,
  onEvent: (event: StageEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const headers = { accept: "text/event-stream" };
  const { body } = await sendRequest(to, path, { headers, signal });
  const parser = createSseParser();
  const reader = body?.getReader();
  try {
    for (;;) {
      const part = await reader?.read();
      if (!part || part.done) return;
      for (const frame of parser.feed(part.value)) {
        if (frame.event === "keepalive") continue;
        onEvent(JSON.parse(frame.data) as StageEvent);
        if (frame.event === "done") return;
      }
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

function waitMs(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), {
      once: true,
    });
  });
}
