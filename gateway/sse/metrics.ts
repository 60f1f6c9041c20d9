import { Counter, Gauge, Histogram, type Registry } from "../../shared/prom.ts";

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

interface Connection {
  readonly status: string;
}

/** What operators watch of the readers. No label grows with jobs or users. */
export function createSseMetrics(
  registry: Registry,
  stores: { readonly redis?: Connection; readonly pubsub?: Connection } = {},
) {
  const registers = [registry];
  const counter = <T extends string = never>(name: string, help: string, labelNames: T[] = []) =>
    new Counter({ name: `sse_gateway_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `sse_gateway_${name}`, help, buckets, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const connected = (name: string, help: string, store: Connection | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(store?.status === "ready" ? 1 : 0);
      },
    });
  connected("sse_gateway_redis_connected", "1 while job logs can be read.", stores.redis);
  connected("sse_gateway_pubsub_connected", "1 while hints come in.", stores.pubsub);
  return {
    active: gauge("sse_gateway_connections_active", "Readers open now."),
    /** The name alerts and the autoscaler ask for. */
    readers: gauge("sse_active_connections", "Readers open now."),
    activeJobs: gauge("sse_gateway_active_jobs", "Jobs with at least one reader here."),
    opened: counter("connections_opened_total", "Readers opened."),
    closed: counter("connections_closed_total", "Readers closed, by reason.", ["reason"]),
    refused: counter("connections_refused_total", "Readers refused: this process is full."),
    openSeconds: histogram(
      "connection_duration_seconds",
      "How long readers stayed.",
      [0.1, 1, 5, 15, 30, 60, 120, 300],
    ),
    perReader: histogram(
      "events_per_connection",
      "Log entries a reader was sent.",
      [1, 10, 50, 100, 250, 500, 1000, 5000],
    ),
    firstByte: histogram(
      "ttfb_seconds",
      "From the request to its first events.",
      [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    ),
    reconnections: counter("reconnections_total", "Readers that came back with a cursor."),
    resets: counter("resets_total", "Readers whose cursor the log did not know."),
    snapshotHits: counter(
      "state_snapshot_hits_total",
      "Readers that got the ending from the state.",
    ),
    snapshotMisses: counter("state_snapshot_misses_total", "Ended jobs read from the log instead."),
    replayed: counter("event_replay_total", "Log entries read for new readers."),
    hints: counter("pubsub_messages_received_total", "Hints received over Pub/Sub."),
    received: counter("events_received_total", "Events in hints, by stage.", ["stage"]),
    subscribeSeconds: histogram(
      "pubsub_subscribe_latency_seconds",
      "Time to subscribe to a job.",
      [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.3, 1],
    ),
    distributed: counter("events_distributed_total", "Events written to readers."),
    gapReads: counter("gap_reads_total", "Log reads because a hint left a hole."),
    silenceReads: counter("silence_reads_total", "Log reads because a job was silent."),
    slow: counter("slow_readers_total", "Times a reader stopped taking events."),
  };
}
export type SseMetrics = ReturnType<typeof createSseMetrics>;
