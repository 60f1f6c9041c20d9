import type { Redis } from "ioredis";
import type { Clock } from "../shared/clock.ts";
import { groups, keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { Tracing } from "../shared/trace.ts";
import type { RawEntry } from "./batch.ts";
import type { Leases } from "./leases.ts";
import { type Heart, replyOf } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

export interface RelayDeps {
  /** Redis-S, for the reads that block. */
  readonly reads: ScriptedRedis;
  /** Redis-S, for everything else. */
  readonly store: ScriptedRedis;
  /** Redis-P. */
  readonly live: Redis;
  readonly leases: Leases;
  readonly shardCount: number;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
  readonly clock: Clock;
  readonly log: Log;
}

/** One name for whoever owns a shard: a new owner finds what the former one left pending. */
export const relayConsumer = "relay";

export interface ShardRead {
  readonly shard: number;
  readonly entries: readonly RawEntry[];
}

/** One group read over several shards. `after`: `>` for new entries, an id for pending ones above it (never blocks). */
export async function readGroup(
  { reads, heart, metrics }: Pick<RelayDeps, "reads" | "heart" | "metrics">,
  shards: readonly number[],
  after: string,
  signal: AbortSignal,
  blockMs: number,
): Promise<ShardRead[]> {
  const streams = shards.map((shard) => keys.shard(shard));
  const reply = await replyOf(
    reads,
    reads.xreadgroup(
      "GROUP",
      groups.relay,
      relayConsumer,
      "COUNT",
      router.readCount,
      "BLOCK",
      blockMs,
      "STREAMS",
      ...streams,
      ...shards.map(() => after),
    ) as Promise<[key: string, entries: RawEntry[]][] | null>,
    heart,
    signal,
  );
  metrics.reads.inc({ result: reply ? "entries" : "empty" });
  return (reply ?? []).map(([key, entries]) => {
    metrics.batchSize.observe(entries.length);
    return { shard: shards[streams.indexOf(key)] ?? 0, entries };
  });
}
