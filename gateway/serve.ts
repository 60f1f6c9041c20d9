import type { Hono } from "hono";
import { pause } from "../shared/clock.ts";
import { ws as limits } from "../shared/limits.ts";
import type { GatewayConfig } from "./config.ts";
import type { AppEnv } from "./deps.ts";
import type { SocketEvents } from "./ws/port.ts";

interface Serving {
  readonly port: number;
  /** Takes no new connections; resolves when every request is answered, at the latest after `maxMs`. */
  drain(maxMs: number): Promise<void>;
}

/** The app on Bun's server: with `sse/open-stream.ts`, the only file that knows it. Throws when the port is taken. */
export function serve(
  app: Hono<AppEnv>,
  {
    port,
    host,
    frames,
  }: Pick<GatewayConfig, "port" | "host"> & Partial<Pick<GatewayConfig, "frames">>,
): Serving {
  const server = Bun.serve<SocketEvents>({
    port,
    hostname: host,
    development: false,
    fetch: (request, own) =>
      app.fetch(request, {
        setIdleSeconds: (seconds) => own.timeout(request, seconds),
        peer: () => own.requestIP(request)?.address,
        upgrade: (data, headers) => own.upgrade(request, { data, headers }),
      }),
    websocket: {
      maxPayloadLength: frames?.bytes ?? limits.frameBytes,
      idleTimeout: limits.serverIdleSeconds,
      // past ours: what comes after is dropped, and the connection is being closed by then
      backpressureLimit: 2 * limits.waitingBytes,
      perMessageDeflate: false,
      sendPings: false, // ours are counted
      open: (ws) => ws.data.onOpen(ws),
      message: (ws, frame) => ws.data.onFrame(frame),
      pong: (ws) => ws.data.onPong(),
      close: (ws, code, reason) => ws.data.onClose(code, reason),
    },
  });
  return {
    port: server.port ?? port,
    async drain(maxMs) {
      const done = new AbortController();
      void server.stop(false).finally(() => done.abort());
      await pause(maxMs, done.signal);
      await server.stop(true);
    },
  };
}
