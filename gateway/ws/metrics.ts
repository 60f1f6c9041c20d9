import { Counter, Gauge, type Registry } from "../../shared/prom.ts";

/** What sockets are for. */
export type SocketKind = "room" | "assistant";

export function createSocketMetrics(registry: Registry) {
  return {
    connections: new Gauge({
      name: "ws_connections",
      help: "WebSockets open now.",
      labelNames: ["kind"],
      registers: [registry],
    }),
    closed: new Counter({
      name: "ws_closed_total",
      help: "WebSockets closed, by code.",
      labelNames: ["code"],
      registers: [registry],
    }),
  };
}
export type SocketMetrics = ReturnType<typeof createSocketMetrics>;
