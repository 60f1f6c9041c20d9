import { connect } from "node:net";

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends bytes as they are: no client in between that mends a path, folds a header or refuses to send it. Resolves
 * with what came back, once the other side closed or `isEnough` holds; status 0: it closed without a word.
 */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  isEnough: (text: string) => boolean = () => false,
): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  let text = "";
  const timer = setTimeout(() => socket.destroy(), 10_000);
  socket.on("data", (data) => {
    text += data.toString("utf8");
    if (isEnough(text)) socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearTimeout(timer);
    resolve(parse(text));
  });
  return promise;
}

function parse(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const body = rest.join("\r\n\r\n");
  const isChunked = headers.get("transfer-encoding") === "chunked";
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers,
    text: isChunked ? unchunk(body) : body,
  };
}

function unchunk(body: string): string {
  const lines = body.split("\r\n");
  return lines.filter((_, i) => i % 2 === 1).join("");
}
