import { Counter, Gauge, Histogram, Registry } from "../shared/prom.ts";

/** Labels keep to a closed list: an unknown event of another version must not open a new time series each. */
const knownEvents = new Set(["token", "token_recovery", "queued", "answer", "done", "needs_input"]);

export function eventLabel(event: string): string {
  return knownEvents.has(event) ? event : "stage";
}

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

  return {
    registry,
    reads: counter("event_router_xreadgroup_total", "Group reads", ["result"]),
    batchSize: new Histogram({
      name: "event_router_xreadgroup_batch_size",
      help: "Entries of one read that found some",
      registers,
      buckets: [1, 4, 16, 64, 256, 1024],
    }),
    acked: counter("event_router_xack_total", "Entries acknowledged after relay"),
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
    processErrors: counter("event_router_process_errors_total", "Failed turns", ["loop"]),
    reclaimRuns: counter("event_router_reclaim_runs_total", "Reclaim passes"),
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
    deadLetters: counter("event_router_dead_letters_total", "Dead letters handled", ["action"]),
    rows: counter("chat_persistence_rows_total", "Rows of finished jobs", ["role", "result"]),
    refused: counter("chat_persistence_refused_total", "Answers that were not stored", ["reason"]),
    held: gauge("chat_persistence_lag", "Finished jobs read and not yet committed"),
    flushSeconds: seconds("chat_persistence_flush_seconds", "Write of one batch, retries included"),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
