import type { SseFrame, SseParser } from "./parse-sse.ts";
import { type Connection, sendRequest } from "./request.ts";

export interface OpenOptions {
  readonly jobId: string;
  readonly lastEventId: string | undefined;
  readonly parser: SseParser;
  readonly signal: AbortSignal;
}

/**
 * One connection to a job's events; undefined when the server says there is nothing left (204). The frames
 * end when the connection does, for whatever reason but `signal`, which throws.
 */
export async function openEvents(
  to: Connection,
  options: OpenOptions,
): Promise<AsyncGenerator<SseFrame, void> | undefined> {
  const { jobId, lastEventId, parser, signal } = options;
  const response = await sendRequest(to, `/api/v1/chat/${jobId}/events`, {
    headers: {
      accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    signal,
  });
  if (response.status === 204 || response.body === null) return undefined;
  return readFrames(response.body, parser, signal);
}

async function* readFrames(
  body: ReadableStream<Uint8Array>,
  parser: SseParser,
  signal: AbortSignal,
): AsyncGenerator<SseFrame, void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const bytes = await reader.read().then(
        (chunk) => chunk.value,
        () => signal.throwIfAborted() as undefined, // a broken line ends like a closed one
      );
      if (bytes === undefined) return;
      yield* parser.feed(bytes);
    }
  } finally {
    await reader.cancel().catch(() => {}); // may be gone already
  }
}
