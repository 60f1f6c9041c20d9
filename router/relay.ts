import { pause } from "../shared/clock.ts";
import { groups, keys } from "../shared/keys.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { stageLabel } from "../shared/contract/stages.ts";
import { router, stream } from "../shared/limits.ts";
import { markRelayed } from "../shared/scripts.ts";
import { noTracing } from "../shared/trace.ts";
import { type Batch, collect, jobIdsOf, marksOf, type RawEntry } from "./batch.ts";
import { ensureGroups, isGroupMissing } from "./groups.ts";
import { errorType } from "./metrics.ts";
import { repeat, replyOf } from "./loop.ts";
import { publish, type ShardBatch } from "./publish.ts";
import { reclaim } from "./reclaim.ts";
import { readGroup, type RelayDeps } from "./relay-reads.ts";
import { traceBatch } from "./trace-batch.ts";

/** Shorter block while another replica holds a shard: it may be ours any moment. */
const partBlockMs = 100;
const idleMs = 50;

/**
 * The relay: reads the shards this replica owns, publishes per job, marks and acknowledges. Per shard:
 * - not ours: nothing is read;
 * - ours, not drained (new term, lost connection, failed turn): pending entries first, in order, from the first;
 * - ours, drained: new entries.
 */
export function relay(deps: RelayDeps, signal: AbortSignal): Promise<void> {
  const { reads, store, leases, shardCount, heart, metrics, clock, log } = deps;
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  /** Term in which a shard's pending entries were relayed. */
  const drained = new Map<number, number>();
  /** Rises when the reading connection broke: entries may be pending whose reply nobody saw. */
  let breaks = 0;
  reads.on("close", () => breaks++);
  let reclaimedAt = clock.monotonicMs();
  const isOurs = (shard: number) => leases.isOurs(keys.shardLease(shard));

  const isCrowded = async () => {
    const lengths = shards.filter(isOurs).map((shard) => store.xlen(keys.shard(shard)));
    const most = Math.max(0, ...(await replyOf(store, Promise.all(lengths), heart, signal)));
    return most > stream.shardMaxEntries / 2;
  };

  const relayBatches = async (all: readonly ShardBatch[]): Promise<void> => {
    const observe = metrics.processSeconds.startTimer();
    const spans = all.flatMap(({ batch }) => traceBatch(deps.tracing ?? noTracing, batch));
    const pick = () => all.filter(({ shard }) => isOurs(shard));
    const { batches, isLive } = await publish({ ...deps, signal, isCrowded }, pick);
    for (const one of all) if (!batches.includes(one)) drained.delete(one.shard); // the new owner's
    const marks = batches.map(async ({ shard, batch }) => {
      const jobs = marksOf(batch);
      const acked = await markRelayed(store, shard, groups.relay, batch.entryIds, jobs);
      for (const { state } of jobs) if (state) metrics.states.inc();
      metrics.markers.inc(jobs.length);
      count(deps, shard, batch, acked, isLive);
    });
    await replyOf(store, Promise.all(marks), heart, signal);
    observe();
    for (const span of spans) span.end();
  };

  /** For entries that may have been relayed before. */
  const relayAgain = async (shard: number, entries: readonly RawEntry[]): Promise<void> => {
    const jobIds = jobIdsOf(entries);
    const known = new Map<string, string>();
    if (jobIds.length > 0) {
      const marks = await replyOf(
        store,
        store.mget(jobIds.map((jobId) => keys.published(jobId as JobId))),
        heart,
        signal,
      );
      marks.forEach((mark, i) => mark !== null && known.set(jobIds[i] ?? "", mark));
    }
    await relayBatches([{ shard, batch: collect(entries, known) }]);
  };

  const drain = async (shard: number): Promise<void> => {
    const term = leases.term(keys.shardLease(shard));
    for (let after = "0"; isOurs(shard) && !signal.aborted;) {
      const [read] = await readGroup(deps, [shard], after, signal, partBlockMs);
      const last = read?.entries.at(-1);
      if (!read || !last) return void drained.set(shard, term);
      await relayAgain(shard, read.entries);
      after = last[0];
    }
  };

  const turn = async (): Promise<void> => {
    const owned = shards.filter(isOurs);
    metrics.activeShards.set(owned.length);
    if (owned.length === 0) {
      if (leases.answeredWithin(router.leaseMs)) heart.worked(); // standing by
      return pause(idleMs, signal);
    }
    for (const shard of owned) {
      if (drained.get(shard) !== leases.term(keys.shardLease(shard))) await drain(shard);
    }
    if (clock.monotonicMs() - reclaimedAt > router.reclaimEveryMs) {
      for (const shard of owned) if (isOurs(shard)) await reclaim(deps, shard, relayAgain, signal);
      reclaimedAt = clock.monotonicMs();
    }
    const ready = owned.filter(
      (shard) => isOurs(shard) && drained.get(shard) === leases.term(keys.shardLease(shard)),
    );
    if (ready.length === 0) return;
    const breaksBefore = breaks;
    const blockMs = ready.length === shardCount ? router.blockMs : partBlockMs;
    const found = await readGroup(deps, ready, ">", signal, blockMs);
    heart.worked();
    if (breaks !== breaksBefore) return drained.clear(); // sent twice: earlier entries may be pending
    if (found.length === 0) return;
    await relayBatches(found.map(({ shard, entries }) => ({ shard, batch: collect(entries) })));
  };

  return repeat(
    {
      name: "relay",
      log,
      signal,
      heart,
      onFailure: (cause) => {
        drained.clear();
        metrics.processErrors.inc({ loop: "relay", error_type: errorType(cause) });
      },
    },
    async () => {
      try {
        await turn();
      } catch (cause) {
        if (!isGroupMissing(cause)) throw cause;
        log.error("a consumer group is gone: the store lost data", {});
        metrics.groupsRecreated.inc(await ensureGroups(store, shardCount, log));
        drained.clear();
      }
    },
  );
}

function count(
  { metrics, log }: Pick<RelayDeps, "metrics" | "log">,
  shard: number,
  batch: Batch,
  acked: number,
  published: boolean,
): void {
  metrics.acked.inc({ result: "acked" }, acked);
  const before = batch.entryIds.length - acked;
  if (before > 0) metrics.acked.inc({ result: "known" }, before);
  for (const [event, n] of batch.events) {
    if (published) metrics.processed.inc({ stage: stageLabel(event) }, n);
    else metrics.skipped.inc({ reason: "crowded" }, n);
  }
  if (batch.known.length > 0) metrics.skipped.inc({ reason: "known" }, batch.known.length);
  if (batch.vanished.length > 0) {
    metrics.trimmedUnacked.inc({ group: groups.relay }, batch.vanished.length);
    log.error("entries left the stream unacknowledged", { shard, count: batch.vanished.length });
  }
  for (const { entryId, fields } of batch.poison) {
    metrics.skipped.inc({ reason: "poison" });
    log.warn("entry cannot be relayed", { shard, entryId, fields });
  }
}
