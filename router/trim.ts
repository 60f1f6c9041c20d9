import { pause } from "../shared/clock.ts";
import { groups, keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import { type ScriptedRedis, trim } from "../shared/scripts.ts";
import { ensureGroups, groupNames } from "./groups.ts";
import type { Leases } from "./leases.ts";
import { type Heart, repeat, replyOf } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

interface TrimDeps {
  readonly store: ScriptedRedis;
  readonly leases: Leases;
  readonly shardCount: number;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Drops what both groups acknowledged of the shards this replica owns, and says how far each group is. */
export function trimShards(deps: TrimDeps, signal: AbortSignal): Promise<void> {
  const { store, leases, shardCount, heart, metrics, log } = deps;
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);

  /** Figures of a shard are its owner's; what a former owner last saw would stand for ever. */
  const forget = (shard: number): void => {
    metrics.length.remove({ shard });
    for (const group of groupNames) {
      metrics.lag.remove({ group, shard });
      metrics.pending.remove({ group, shard });
    }
  };

  const trimOne = async (shard: number): Promise<void> => {
    const result = await replyOf(store, trim(store, shard, groupNames), heart, signal);
    if (result.word === "missing") {
      log.error("a consumer group is gone: the store lost data", { shard, group: result.group });
      metrics.groupsRecreated.inc(await ensureGroups(store, shardCount, log));
      return;
    }
    metrics.trimmed.inc({ shard }, result.trimmed);
    if (result.foreign > 0) {
      // pending entries are also counted by their group; unread ones nobody else would miss
      metrics.trimmedUnacked.inc({ group: "any" }, result.foreign);
      log.error("entries were removed by somebody else", { shard, count: result.foreign });
    }
    metrics.length.set({ shard }, result.left);
    const info = store.xinfo("GROUPS", keys.shard(shard)) as Promise<unknown[][]>;
    for (const raw of await replyOf(store, info, heart, signal)) {
      const group = { group: String(valueOf(raw, "name")), shard };
      metrics.pending.set(group, Number(valueOf(raw, "pending")));
      metrics.lag.set(group, Number(valueOf(raw, "lag") ?? 0));
    }
  };

  for (const group of [groups.relay, groups.persistence, "any"])
    metrics.trimmedUnacked.inc({ group }, 0);
  return repeat({ name: "trim", log, signal, heart }, async () => {
    await pause(router.trimEveryMs, signal);
    for (const shard of shards) {
      if (!leases.isOurs(keys.shardLease(shard))) forget(shard);
      else if (!signal.aborted) await trimOne(shard);
    }
  });
}

function valueOf(flat: readonly unknown[], name: string): unknown {
  return flat[flat.indexOf(name) + 1];
}
