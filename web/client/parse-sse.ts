/** One dispatched event of a stream. `id` only when this very event carried one. */
export interface SseFrame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** Takes bytes as they come, cut anywhere, and returns the frames they complete. */
  feed(bytes: Uint8Array): SseFrame[];
  /** The server's last `retry:` hint in milliseconds. */
  retryMs(): number | undefined;
}

/** Parses `text/event-stream` by the HTML standard: CR, LF and CRLF, comments, several data lines, BOM. */
export function createSseParser(): SseParser {
  const decoder = new TextDecoder();
  let rest = "";
  let skipLineFeed = false;
  let retry: number | undefined;
  let id: string | undefined;
  let event = "";
  let data: string[] = [];

  function dispatch(): SseFrame | undefined {
    const frame =
      data.length === 0 ? undefined : { id, event: event || "message", data: data.join("\n") };
    id = undefined;
    event = "";
    data = [];
    return frame;
  }

  function takeField(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment keeps the connection awake and says nothing
    const name = colon === -1 ? line : line.slice(0, colon);
    const raw = colon === -1 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) retry = Number(value);
  }

  function feed(bytes: Uint8Array): SseFrame[] {
    const frames: SseFrame[] = [];
    rest += decoder.decode(bytes, { stream: true });
    if (skipLineFeed && rest.length > 0) {
      if (rest.startsWith("\n")) rest = rest.slice(1);
      skipLineFeed = false;
    }
    let start = 0;
    for (let end = lineEnd(rest, start); end !== -1; end = lineEnd(rest, start)) {
      const line = rest.slice(start, end);
      start = end + 1;
      if (rest[end] === "\r") {
        if (start === rest.length) skipLineFeed = true;
        else if (rest[start] === "\n") start += 1;
      }
      if (line !== "") takeField(line);
      else {
        const frame = dispatch();
        if (frame) frames.push(frame);
      }
    }
    rest = rest.slice(start);
    return frames;
  }

  return { feed, retryMs: () => retry };
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const carriage = text.indexOf("\r", from);
  if (feed === -1) return carriage;
  return carriage === -1 ? feed : Math.min(feed, carriage);
}
