/** Our end of a WebSocket. Bun's own socket is one (`serve.ts`): nothing is wrapped, an idle one stays small. */
export interface RawSocket {
  send(text: string): unknown;
  ping(): unknown;
  /** Sends the closing frame. */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** Bytes the other side has not taken yet. */
  getBufferedAmount(): number;
}

/** What the server tells of a socket. None may throw. */
export interface SocketEvents {
  onOpen(raw: RawSocket): void;
  onFrame(frame: string | Uint8Array): void;
  onPong(): void;
  /** The connection is over. Codes as the server saw them; 1006 is a connection that broke. */
  onClose(code: number, reason: string): void;
}

/** Makes a request a WebSocket. False when the server could not; the answer of the handler then goes out. */
export type Upgrade = (events: SocketEvents, headers: Readonly<Record<string, string>>) => boolean;
