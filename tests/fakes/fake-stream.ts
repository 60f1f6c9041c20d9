import { cutAfter } from "./fake-server.ts";

/** How a streamed body leaves the server. */
export interface StreamManner {
  /** Bytes of one write; small ones split lines and characters. By default each event whole. */
  readonly bytesPerChunk?: number | undefined;
  /** Between two writes. */
  readonly everyMs?: number | undefined;
  /** Writes after which the socket dies, or the stream falls silent. */
  readonly cutAfterChunks?: number | undefined;
  readonly silentAfterChunks?: number | undefined;
  /** Lines end in CRLF. */
  readonly crlf?: boolean | undefined;
}

const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/** Server-sent events; `events` are whole, their blank line included. */
export function streamEvents(events: readonly string[], manner: StreamManner = {}): Response {
  const chunks = toChunks(events, manner);
  const { cutAfterChunks, silentAfterChunks } = manner;
  if (cutAfterChunks !== undefined) {
    return cutAfter(new Uint8Array(Buffer.concat(chunks.slice(0, cutAfterChunks))), headers);
  }
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (next === silentAfterChunks) return new Promise<void>(() => {});
      const chunk = chunks[next++];
      if (chunk) controller.enqueue(chunk);
      else controller.close();
      await Bun.sleep(manner.everyMs ?? 0);
      return undefined;
    },
  });
  return new Response(body, { headers });
}

function toChunks(events: readonly string[], manner: StreamManner): Uint8Array[] {
  const texts = manner.crlf ? events.map((event) => event.replaceAll("\n", "\r\n")) : events;
  const size = manner.bytesPerChunk;
  if (size === undefined) return texts.map((text) => new TextEncoder().encode(text));
  const bytes = new TextEncoder().encode(texts.join(""));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.slice(i * size, (i + 1) * size),
  );
}

/** `data: …` of a value, with its blank line. */
export function dataEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** `event: …` and `data: …`, as the Responses API writes them. */
export function namedEvent(value: { readonly type: string }): string {
  return `event: ${value.type}\n${dataEvent(value)}`;
}
