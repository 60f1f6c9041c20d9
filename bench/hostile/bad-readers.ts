import { connect } from "node:net";
import type { OpenOrder } from "../load/readers.ts";

/** Readers that never read (`bytesPerSecond` 0) or hardly do. Returns how to end them. */
export function openBadReaders(streams: readonly OpenOrder[], bytesPerSecond: number): () => void {
  const sockets = streams.map(({ port, head }) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.pause();
    socket.write(`${head}\r\n\r\n`);
    return socket;
  });
  const sip = () => {
    for (const socket of sockets) socket.read(bytesPerSecond);
  };
  const timer = bytesPerSecond > 0 ? setInterval(sip, 1000) : undefined;
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}
