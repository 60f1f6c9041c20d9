import * as v from "valibot";
import type { Clock } from "../shared/clock.ts";
import { Persistence } from "../shared/contract/event.ts";
import { groups, keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { fieldOf, type RawEntry } from "./batch.ts";
import { ensureGroups, isGroupMissing } from "./groups.ts";
import { repeat, replyOf, Stopping } from "./loop.ts";
import { errorType } from "./metrics.ts";
import { setAside } from "./set-aside.ts";
import { type Finished, storeAnswers, type StoreDeps } from "./store-answers.ts";

export interface PersistDeps extends StoreDeps {
  /** Redis-S, for the reads that block. */
  readonly reads: ScriptedRedis;
  readonly shardCount: number;
  readonly clock: Clock;
}

/** A batch is also full at this many characters: answers may be a megabyte each. */
const batchChars = 8 * 1024 * 1024;

/** Endings that become no rows have none. */
const Internal = v.object({ persistence: v.optional(Persistence) });

/**
 * Finished jobs become rows. Entries without work are acknowledged at once, the others after their rows are
 * committed. Own pending entries come first (after a start, a lost connection, a failed turn); those of dead
 * replicas are taken over when nobody refreshed them for `router.reclaimIdleMs` (a living replica refreshes
 * what it holds every second, however long PostgreSQL is away, so that idle means dead).
 */
export function persist(deps: PersistDeps, signal: AbortSignal): Promise<void> {
  const { reads, store, consumer, shardCount, heart, metrics, clock, log } = deps;
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  const streams = shards.map((shard) => keys.shard(shard));
  const storing = storeAnswers(deps, signal);
  let held: Finished[] = [];
  let heldChars = 0;
  let heldSince = 0;
  let ownPending = true;
  let reclaimedAt = Number.NEGATIVE_INFINITY;
  reads.on("close", () => (ownPending = true));

  const flush = async (): Promise<void> => {
    if (held.length === 0) return;
    await storing.write(held);
    forget();
  };
  /** What is forgotten unacknowledged comes again as pending. */
  const forget = (): void => {
    held = [];
    heldChars = 0;
    metrics.held.set(0);
  };
  const lastFlush = (): Promise<void> =>
    flush().catch((cause: unknown) => {
      if (!(cause instanceof Stopping)) log.warn("last batch stays pending", { error: cause });
    });

  /** Acknowledges what needs no rows, gathers what does, writes when the batch is full. */
  const handle = async (shard: number, entries: readonly RawEntry[]): Promise<void> => {
    const plain: string[] = [];
    for (const [entryId, fields] of entries) {
      const internal = fields && fields.length > 8 ? fieldOf(fields, "internal") : undefined;
      if (!internal || !fields || fieldOf(fields, "event") !== "done") {
        plain.push(entryId);
        if (fields === null) metrics.trimmedUnacked.inc({ group: groups.persistence });
        continue;
      }
      const answer = parseInternal(internal);
      if (answer === "no-rows") {
        plain.push(entryId);
        continue;
      }
      if (answer === undefined) {
        metrics.refused.inc({ reason: "unreadable" });
        log.warn("finished job is unreadable, set aside", { shard, entryId });
        const call = setAside(store, { shard, entryId }, "unreadable", fields);
        await replyOf(store, call, heart, signal);
        continue;
      }
      if (held.length === 0) heldSince = clock.monotonicMs();
      held.push({ shard, entryId, answer, fields });
      heldChars += internal.length;
      if (held.length >= router.persistBatch || heldChars >= batchChars) await flush();
    }
    metrics.held.set(held.length);
    if (plain.length === 0) return;
    await replyOf(
      store,
      store.xack(keys.shard(shard), groups.persistence, ...plain),
      heart,
      signal,
    );
  };

  const handleOwnPending = async (): Promise<void> => {
    ownPending = false;
    forget();
    for (const shard of shards) {
      for (let after = "0"; !signal.aborted;) {
        const [found] = await read([keys.shard(shard)], after, 1);
        const last = found?.[1].at(-1);
        if (!found || !last) break;
        await handle(shard, found[1]);
        await flush();
        after = last[0];
      }
    }
  };

  const read = async (of: readonly string[], after: string, blockMs: number) => {
    const reply = await replyOf(
      reads,
      reads.xreadgroup(
        "GROUP",
        groups.persistence,
        consumer,
        "COUNT",
        router.readCount,
        "BLOCK",
        blockMs,
        "STREAMS",
        ...of,
        ...of.map(() => after),
      ) as Promise<[key: string, entries: RawEntry[]][] | null>,
      heart,
      signal,
    );
    heart.worked();
    return reply ?? [];
  };

  const reclaim = async (): Promise<void> => {
    reclaimedAt = clock.monotonicMs();
    for (const shard of shards) {
      let cursor = "0-0";
      do {
        const [next, found, deleted] = await replyOf(
          store,
          store.xautoclaim(
            keys.shard(shard),
            groups.persistence,
            consumer,
            router.reclaimIdleMs,
            cursor,
            "COUNT",
            router.readCount,
          ) as Promise<[string, RawEntry[], string[]]>,
          heart,
          signal,
        );
        cursor = next;
        metrics.trimmedUnacked.inc({ group: groups.persistence }, deleted.length);
        if (found.length > 0) {
          metrics.reclaimed.inc({ group: groups.persistence, shard }, found.length);
          await handle(shard, found);
          await flush();
        }
      } while (cursor !== "0-0" && !signal.aborted);
    }
  };

  const turn = async (): Promise<void> => {
    if (ownPending) await handleOwnPending();
    if (clock.monotonicMs() - reclaimedAt > router.reclaimEveryMs) await reclaim();
    const waitedMs = clock.monotonicMs() - heldSince;
    const blockMs = held.length === 0 ? router.blockMs : router.persistWaitMs - waitedMs;
    const found = blockMs > 0 ? await read(streams, ">", Math.ceil(blockMs)) : [];
    for (const [key, entries] of found) await handle(streams.indexOf(key), entries);
    const isDue = clock.monotonicMs() - heldSince >= router.persistWaitMs;
    if (isDue || signal.aborted) await flush();
  };

  const loop = () =>
    repeat(
      {
        name: "persist",
        log,
        signal,
        heart,
        onFailure: (cause) => {
          ownPending = true;
          metrics.processErrors.inc({ loop: "persist", error_type: errorType(cause) });
        },
      },
      async () => {
        try {
          await turn();
        } catch (cause) {
          if (!isGroupMissing(cause)) throw cause;
          log.error("a consumer group is gone: the store lost data", {});
          metrics.groupsRecreated.inc(await ensureGroups(store, shardCount, log));
          ownPending = true;
        }
      },
    );
  return loop().then(lastFlush).finally(storing.close);
}

function parseInternal(internal: string): Persistence | "no-rows" | undefined {
  try {
    const parsed = v.safeParse(Internal, JSON.parse(internal));
    return parsed.success ? (parsed.output.persistence ?? "no-rows") : undefined;
  } catch {
    return undefined;
  }
}
