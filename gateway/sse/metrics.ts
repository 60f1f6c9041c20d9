import { Counter, Gauge, type Registry } from "../../shared/prom.ts";

/** Why a reader was closed; the only values of the `reason` label. */
export type CloseReason =
  | "done"
  | "client_gone"
  | "timeout"
  | "token_expired"
  | "token_revoked"
  | "stalled"
  | "drained"
  | "log_lost";

const counter = <T extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: T[] = [],
) => new Counter({ name: `sse_gateway_${name}`, help, labelNames, registers: [registry] });

/** What operators watch of the readers. No label grows with jobs or users. */
export function createSseMetrics(registry: Registry) {
  return {
    active: new Gauge({
      name: "sse_gateway_connections_active",
      help: "Readers open now.",
      registers: [registry],
    }),
    activeJobs: new Gauge({
      name: "sse_gateway_active_jobs",
      help: "Jobs with at least one reader here.",
      registers: [registry],
    }),
    opened: counter(registry, "connections_opened_total", "Readers opened."),
    closed: counter(registry, "connections_closed_total", "Readers closed, by reason.", ["reason"]),
    reconnections: counter(
      registry,
      "reconnections_total",
      "Readers that came back with a cursor.",
    ),
    resets: counter(registry, "resets_total", "Readers whose cursor the log did not know."),
    hints: counter(registry, "pubsub_messages_received_total", "Hints received over Pub/Sub."),
    distributed: counter(registry, "events_distributed_total", "Events written to readers."),
    gapReads: counter(registry, "gap_reads_total", "Log reads because a hint left a hole."),
    silenceReads: counter(registry, "silence_reads_total", "Log reads because a job was silent."),
    slow: counter(registry, "slow_readers_total", "Times a reader stopped taking events."),
  };
}
export type SseMetrics = ReturnType<typeof createSseMetrics>;
