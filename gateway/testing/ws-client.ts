import type { ClientOptions, WebSocket as WsSocket } from "ws";

/**
 * The package itself, by its file: Bun answers the bare name with a client of its own, and the server is Bun's too.
 */
const { WebSocket } = (await import(
  new URL("../../node_modules/ws/wrapper.mjs", import.meta.url).href
)) as typeof import("ws");

/** A socket as a test holds it. */
export interface TestSocket {
  readonly raw: WsSocket;
  /** Text frames, in order. */
  readonly texts: string[];
  /** The close, once it came. */
  closed(): { readonly code: number; readonly reason: string } | undefined;
  send(frame: unknown): void;
  close(): void;
}

interface Options {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** Opens a socket; throws `status <n>` when the server answers the upgrade with an ordinary response. */
export async function openSocket(url: string, options: Options = {}): Promise<TestSocket> {
  const clientOptions: ClientOptions = {
    perMessageDeflate: false,
    headers: options.headers ?? {},
  };
  const raw = new WebSocket(url, options.protocols ?? [], clientOptions);
  const texts: string[] = [];
  let closed: { code: number; reason: string } | undefined;
  raw.on("message", (data) => texts.push((data as Buffer).toString()));
  raw.on("close", (code, reason) => (closed = { code, reason: reason.toString() }));
  const opened = Promise.withResolvers<void>();
  raw.on("open", () => opened.resolve());
  raw.on("unexpected-response", (_, response) => {
    opened.reject(new Error(`status ${response.statusCode}`));
    raw.terminate();
  });
  raw.on("error", (cause) => opened.reject(cause));
  await opened.promise;
  return {
    raw,
    texts,
    closed: () => closed,
    send: (frame) => raw.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    close: () => raw.close(),
  };
}
