/** One event as a client sees it. Comments and `retry:` are not events. */
export interface Received {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Events of a piece of stream text that ends between two events. */
export function parseStream(text: string): Received[] {
  return text.split("\n\n").flatMap((block) => {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      const colon = line.indexOf(": ");
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const data = fields.get("data");
    if (data === undefined) return [];
    return [{ id: fields.get("id"), event: fields.get("event") ?? "message", data }];
  });
}

/** A reader of a response, as a test holds it. */
export interface TestReader {
  readonly events: Received[];
  /** True once the server ended the stream. */
  readonly hasEnded: () => boolean;
  readonly disconnect: () => Promise<void>;
}

/** Reads a stream as fast as it comes. Keepalives are left out. */
export function readStream(response: Response): TestReader {
  const events: Received[] = [];
  let hasEnded = false;
  let rest = "";
  const body = response.body;
  if (!body) throw new Error(`no stream: ${response.status}`);
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true });
      const end = rest.lastIndexOf("\n\n") + 2;
      if (end < 2) continue;
      events.push(...parseStream(rest.slice(0, end)).filter((one) => one.event !== "keepalive"));
      rest = rest.slice(end);
    }
    hasEnded = true;
  };
  pump().catch(() => (hasEnded = true));
  return {
    events,
    hasEnded: () => hasEnded,
    disconnect: () => reader.cancel(),
  };
}
