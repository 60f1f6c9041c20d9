import { groups, keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { RawEntry } from "./batch.ts";
import { replyOf } from "./loop.ts";
import { relayConsumer, type RelayDeps } from "./relay-reads.ts";

/** An entry delivered more often than this brings the relay down each time: put it out of the way. */
const maxDeliveries = 10;

/**
 * Relays entries of one shard that were pending for long: those a former owner read after it woke, and those
 * of other consumer names. In order, one pass of the cursor. Runs in the relay's own turn, so nothing that is
 * under way here can be taken over. What lies below a job's watermark was filled from the log meanwhile and is
 * only acknowledged.
 */
export async function reclaim(
  { store, metrics, log, heart }: RelayDeps,
  shard: number,
  relayAgain: (shard: number, entries: readonly RawEntry[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const key = keys.shard(shard);
  const group = groups.relay;
  const observe = metrics.reclaimSeconds.startTimer();
  let reclaimed = 0;
  let cursor = "0-0";
  do {
    const [next, found, deleted] = await replyOf(
      store,
      store.xautoclaim(
        key,
        group,
        relayConsumer,
        router.reclaimIdleMs,
        cursor,
        "COUNT",
        router.readCount,
      ) as Promise<[string, RawEntry[], string[]]>,
      heart,
      signal,
    );
    cursor = next;
    if (deleted.length > 0) {
      metrics.trimmedUnacked.inc({ group }, deleted.length);
      log.error("entries left the stream unacknowledged", { shard, count: deleted.length });
    }
    const first = found[0];
    const last = found.at(-1);
    if (!first || !last) continue;
    reclaimed += found.length;
    metrics.reclaimed.inc({ group, shard }, found.length);
    log.info("entries reclaimed", { shard, count: found.length });
    const deliveries = (await replyOf(
      store,
      store.xpending(key, group, first[0], last[0], found.length, relayConsumer),
      heart,
      signal,
    )) as [id: string, consumer: string, idleMs: number, count: number][];
    const hopeless = deliveries.filter(([, , , count]) => count > maxDeliveries).map(([id]) => id);
    if (hopeless.length > 0) {
      metrics.skipped.inc({ reason: "deliveries" }, hopeless.length);
      log.warn("entries given up after too many deliveries", { shard, entryIds: hopeless });
      await replyOf(store, store.xack(key, group, ...hopeless), heart, signal);
    }
    await relayAgain(
      shard,
      found.filter(([id]) => !hopeless.includes(id)),
    );
  } while (cursor !== "0-0" && !signal.aborted);
  metrics.reclaimRuns.inc({ result: reclaimed > 0 ? "found" : "empty" });
  observe();
}
