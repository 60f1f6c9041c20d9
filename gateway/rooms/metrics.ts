import { Counter, Histogram, type Registry } from "../../shared/prom.ts";

export function createRoomMetrics(registry: Registry) {
  const registers = [registry];
  return {
    messages: new Counter({
      name: "room_messages_total",
      help: "Entries people added to rooms.",
      registers,
    }),
    lag: new Histogram({
      name: "room_delivery_lag_seconds",
      help: "From the store's time of an entry to its delivery here.",
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10],
      registers,
    }),
  };
}
export type RoomMetrics = ReturnType<typeof createRoomMetrics>;
