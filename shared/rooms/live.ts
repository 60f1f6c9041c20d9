/** A frame for the sockets of a room in every process, as it travels on `room:live:{sid}`. */
export interface LiveMessage {
  /** Who sent it: a gateway knows its own again. */
  readonly origin: string;
  /** Whom it is for: `all`, `presence`, `but <socket>` or `run <job>`. */
  readonly to: string;
  /** JSON in one line. */
  readonly frame: string;
}

export function formatLive({ origin, to, frame }: LiveMessage): string {
  return `${origin}\n${to}\n${frame}`;
}

export function parseLive(message: string): LiveMessage {
  const [origin = "", to = ""] = message.split("\n", 2);
  return { origin, to, frame: message.slice(origin.length + to.length + 2) };
}
