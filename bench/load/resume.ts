import { ChunkedBody } from "./chunked.ts";

/** A whole answer of a stream over a connection of its own, and how long its first byte took. */
export interface Taken {
  readonly firstMs: number;
  readonly bytes: number;
  readonly text: string;
}

/** Sends once the connection stands, so that what is measured is the server. Resolves when the body is over. */
export function take(port: number, head: string): Promise<Taken> {
  const { promise, resolve, reject } = Promise.withResolvers<Taken>();
  const body = new ChunkedBody();
  const decoder = new TextDecoder();
  let [sentAt, firstMs, text, isSettled] = [0, 0, "", false];
  const finish = () => {
    if (isSettled) return;
    isSettled = true;
    if (body.status === 200 || body.status === 204) resolve({ firstMs, bytes: body.bytes, text });
    else reject(new Error(`the stream answered ${body.status}`));
  };
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open(socket) {
        sentAt = performance.now();
        socket.write(`${head}\r\n\r\n`);
      },
      data(socket, data) {
        body.feed(data, (piece) => {
          firstMs ||= performance.now() - sentAt;
          text += decoder.decode(piece, { stream: true });
        });
        if (!body.isOver && !text.includes("event: done")) return;
        finish();
        socket.terminate();
      },
      close: finish,
      error: (_socket, cause) => reject(cause),
    },
  }).catch(reject);
  return promise;
}
