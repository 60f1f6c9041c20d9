import { AppError } from "../shared/errors.ts";
import { Counter, Gauge, Histogram, Registry } from "../shared/prom.ts";

/** An error as a label: a code of ours, or the name of its class. Both lists are closed. */
export function errorType(cause: unknown): string {
  if (cause instanceof AppError) return cause.code;
  return cause instanceof Error ? cause.name : "unknown";
}

/** What may become of a dead letter: see `settle-dead-letters.ts`. */
const letterActions = ["ended-now", "ended-before", "early", "unknown", "unreadable", "rescued"];

/** What the router shows on its admin port. Names: the product's contract; a shard is a label, a job never. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const seconds = (name: string, help: string) =>
    new Histogram({
      name,
      help,
      registers,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10],
    });

  const deadLetters = counter("event_router_dead_letters_total", "Dead letters handled", [
    "action",
  ]);
  // an increase can only be seen of a series that is there
  for (const action of letterActions) deadLetters.inc({ action }, 0);

  /** A gauge that asks; for what only its owner knows. */
  const ask = (name: string, help: string, isGood: () => boolean) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(isGood() ? 1 : 0);
      },
    });
  return {
    registry,
    /** Of a relay: its loops and connections. */
    watchRelay: (parts: {
      readonly isConsuming: () => boolean;
      readonly streams: { readonly status: string };
      readonly pubsub: { readonly status: string };
    }) => {
      const isReady = (store: { readonly status: string }) => () => store.status === "ready";
      ask("event_router_consumer_status", "1 while the relay turns", parts.isConsuming);
      ask("event_router_redis_streams_connected", "1 while connected", isReady(parts.streams));
      ask("event_router_redis_pubsub_connected", "1 while connected", isReady(parts.pubsub));
    },
    reads: counter("event_router_xreadgroup_total", "Group reads", ["result"]),
    batchSize: new Histogram({
      name: "event_router_xreadgroup_batch_size",
      help: "Entries of one read that found some",
      registers,
      buckets: [1, 4, 16, 64, 256, 1024],
    }),
    acked: counter("event_router_xack_total", "Entries acknowledged after relay", ["result"]),
    processed: counter("event_router_events_processed_total", "Events relayed", ["stage"]),
    skipped: counter("event_router_events_skipped_total", "Entries acknowledged unrelayed", [
      "reason",
    ]),
    published: counter("event_router_pubsub_published_total", "Live messages published"),
    publishSeconds: seconds("event_router_pubsub_publish_latency_seconds", "Publish of one batch"),
    publishErrors: counter(
      "event_router_pubsub_publish_errors_total",
      "Batches that failed to publish",
    ),
    processErrors: counter("event_router_process_errors_total", "Failed turns", [
      "loop",
      "error_type",
    ]),
    processSeconds: seconds(
      "event_router_process_latency_seconds",
      "From reading a batch to its acknowledgement",
    ),
    states: counter("event_router_state_updates_total", "States of jobs written"),
    markers: counter("event_router_published_markers_total", "Watermarks of jobs written"),
    reclaimRuns: counter("event_router_reclaim_runs_total", "Reclaim passes", ["result"]),
    reclaimSeconds: seconds("event_router_reclaim_latency_seconds", "One reclaim pass of a shard"),
    reclaimed: counter("event_router_reclaim_messages_total", "Entries taken over", [
      "group",
      "shard",
    ]),
    activeShards: gauge("event_router_active_shards", "Shards this replica relays"),
    lag: gauge("event_router_consumer_lag", "Entries a group has not read", ["group", "shard"]),
    pending: gauge("event_router_pending", "Entries read and not acknowledged", ["group", "shard"]),
    length: gauge("event_router_stream_length", "Entries of a shard", ["shard"]),
    trimmed: counter("event_router_trimmed_total", "Entries dropped after every group had them", [
      "shard",
    ]),
    trimmedUnacked: counter(
      "event_router_trimmed_unacked_total",
      "Entries that vanished before they were acknowledged: data loss",
      ["group"],
    ),
    groupsRecreated: counter("event_router_groups_recreated_total", "Groups a store had lost"),
    timedOut: counter("event_router_watchdog_ended_total", "Overdue jobs the watchdog ended"),
    outboxDrained: counter("event_router_outbox_total", "Outbox entries settled", ["result"]),
    deadLetters,
    rows: counter("chat_persistence_rows_total", "Rows of finished jobs", ["role", "result"]),
    refused: counter("chat_persistence_refused_total", "Answers that were not stored", ["reason"]),
    held: gauge("chat_persistence_lag", "Finished jobs read and not yet committed"),
    flushSeconds: seconds("chat_persistence_flush_seconds", "Write of one batch, retries included"),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
