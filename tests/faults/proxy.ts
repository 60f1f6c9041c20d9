import { connect, createServer, type Socket } from "node:net";

/** How bytes travel from server to client. */
export type Manner =
  /** As they come. */
  | "straight"
  /** Every piece a tenth of a second late. */
  | "late"
  /** One byte at a time. */
  | "bytewise"
  /** Not at all, with the connection open: a path that swallows. */
  | "swallowed";

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  manner: Manner;
  /** Resets every connection. */
  cut(): void;
  /** Ends only the sending side of every client. */
  halfClose(): void;
}

/** A network between client and gateway that the tests can spoil. */
export async function startProxy(targetUrl: string): Promise<Proxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let manner: Manner = "straight";

  const forward = (client: Socket, bytes: Uint8Array) => {
    if (client.destroyed || manner === "swallowed") return;
    if (manner === "bytewise") for (const byte of bytes) client.write(Uint8Array.of(byte));
    else if (manner === "late") setTimeout(() => client.destroyed || client.write(bytes), 100);
    else client.write(bytes);
  };
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({
      host: target.hostname,
      port: Number(target.port),
      allowHalfOpen: true,
    });
    const pair = { client, server };
    pairs.add(pair);
    const gone = () => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.setNoDelay(true);
    client.on("data", (bytes) => server.write(bytes));
    client.on("end", () => server.end());
    server.on("data", (bytes) => forward(client, Buffer.from(bytes)));
    // late bytes first
    server.on("end", () => setTimeout(() => client.end(), manner === "late" ? 150 : 0));
    for (const socket of [client, server]) socket.on("error", gone);
    client.on("close", gone);
  });
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    get manner() {
      return manner;
    },
    set manner(next) {
      manner = next;
    },
    cut: () => {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    halfClose: () => {
      for (const { server } of pairs) server.end();
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        listener.close(() => resolve());
        for (const { client, server } of pairs) {
          client.destroy();
          server.destroy();
        }
      }),
  };
}
