import type { Redis } from "ioredis";
import { pause } from "../shared/clock.ts";
import { keys } from "../shared/keys.ts";
import type { JobId } from "../shared/contract/ids.ts";
import type { Log } from "../shared/log.ts";
import type { Batch } from "./batch.ts";
import { backoffMs, type Heart, replyOf, Stopping } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

interface PublishDeps {
  /** Redis-P. */
  readonly live: Redis;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Are the shards so full that keeping the hints back would stop the workers? */
  readonly isCrowded: () => Promise<boolean>;
}

/** What one shard read became. */
export interface ShardBatch {
  readonly shard: number;
  readonly batch: Batch;
}

interface Published {
  readonly batches: readonly ShardBatch[];
  /** False when the hints were given up because the shards ran full: readers find the events in the log. */
  readonly isLive: boolean;
}

/**
 * Publishes batches, one message per job, until Redis-P has them. A batch that failed half-way goes out again
 * whole: readers drop what they have. `pick` says before every try which batches are still this replica's;
 * the last pick is returned. Throws `Stopping` on shutdown.
 */
export async function publish(
  deps: PublishDeps,
  pick: () => readonly ShardBatch[],
): Promise<Published> {
  const { log, metrics, signal } = deps;
  for (let failures = 0; ;) {
    const batches = pick();
    try {
      await publishOnce(deps, batches);
      if (failures > 0) log.info("publishing goes on", { failures });
      return { batches, isLive: true };
    } catch (cause) {
      if (cause instanceof Stopping || signal.aborted) throw new Stopping();
      metrics.publishErrors.inc();
      if (failures === 0) log.warn("publish failed, keeping the batch", { error: cause });
      if (await deps.isCrowded()) return { batches, isLive: false };
      deps.heart.beat();
      await pause(backoffMs(failures++), signal);
    }
  }
}

async function publishOnce(deps: PublishDeps, batches: readonly ShardBatch[]): Promise<void> {
  const { live, metrics } = deps;
  // a client that is not connected would queue the batch again at every try
  if (live.status !== "ready") throw new Error("the pub/sub store is away");
  const pipeline = live.pipeline();
  for (const { batch } of batches) {
    for (const [jobId, job] of batch.jobs) {
      const channel = keys.live(jobId as JobId);
      for (const message of job.messages) pipeline.publish(channel, message);
    }
  }
  if (pipeline.length === 0) return;
  const observe = metrics.publishSeconds.startTimer();
  const results = await replyOf(live, pipeline.exec(), deps.heart, deps.signal);
  for (const [error] of results ?? []) if (error) throw error;
  observe();
  metrics.published.inc(pipeline.length);
}
