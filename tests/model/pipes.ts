import * as v from "valibot";
import { collect, jobIdsOf, marksOf, type RawEntry, fieldOf } from "../../router/batch.ts";
import { groupNames } from "../../router/groups.ts";
import { createHeart } from "../../router/loop.ts";
import { writeAnswers } from "../../router/messages.ts";
import { createMetrics } from "../../router/metrics.ts";
import { persist } from "../../router/persist.ts";
import { publish } from "../../router/publish.ts";
import { readGroup } from "../../router/relay-reads.ts";
import { pendingOf, quiet, startReplica } from "../../router/test-rig.ts";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { Persistence } from "../../shared/contract/event.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { groups, keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import { markRelayed, type ScriptedRedis, trim } from "../../shared/scripts.ts";
import { until } from "../../shared/testing/until.ts";

const heart = createHeart(clock);
const metrics = createMetrics();
const { signal } = new AbortController();
/** Name of the persister that comes and goes; its pending entries are its own. */
const consumer = "model";
const Internal = v.object({ persistence: Persistence });

/** How far a relay or a persister comes before it dies; `whole` is to the end. */
export const relayFates = ["whole", "read", "unmarked", "unheard", "doubled"] as const;
export const persistFates = ["whole", "read", "unacknowledged"] as const;

/** One turn of a relay over a shard. `again`: what was pending, with the marks of before, as after a takeover. */
export async function relayOnce(
  redis: ScriptedRedis,
  shard: number,
  again: boolean,
  fate: (typeof relayFates)[number],
): Promise<void> {
  const deps = { reads: redis, heart, metrics };
  const [read] = await readGroup(deps, [shard], again ? "0" : ">", signal, 1);
  if (!read || read.entries.length === 0 || fate === "read") return;
  const marks = new Map<string, string>();
  const jobIds = again ? jobIdsOf(read.entries) : [];
  for (const jobId of jobIds) {
    const mark = await redis.get(keys.published(jobId as JobId));
    if (mark !== null) marks.set(jobId, mark);
  }
  const batch = collect(read.entries, marks);
  const isCrowded = () => Promise.resolve(false);
  const send = () =>
    publish({ live: redis, heart, metrics, log: quiet, signal, isCrowded }, () => [
      { shard, batch },
    ]);
  if (fate !== "unheard") await send();
  if (fate === "doubled") await send();
  if (fate === "unmarked") return;
  await markRelayed(redis, shard, groups.relay, batch.entryIds, marksOf(batch));
}

/** One turn of a persister over a shard. */
export async function persistOnce(
  redis: ScriptedRedis,
  sql: Sql,
  shard: number,
  again: boolean,
  fate: (typeof persistFates)[number],
): Promise<void> {
  const reply = (await redis.xreadgroup(
    ...(["GROUP", groups.persistence, consumer, "COUNT", 20, "STREAMS"] as const),
    keys.shard(shard),
    again ? "0" : ">",
  )) as [string, RawEntry[]][] | null;
  const entries = reply?.[0]?.[1] ?? [];
  if (entries.length === 0 || fate === "read") return;
  const answers = entries.flatMap(([, fields]) => {
    const internal = fieldOf(fields ?? [], "internal");
    return internal ? [v.parse(Internal, JSON.parse(internal)).persistence] : [];
  });
  if (answers.length > 0) await writeAnswers(sql, answers);
  if (fate === "unacknowledged") return;
  await redis.xack(keys.shard(shard), groups.persistence, ...entries.map(([id]) => id));
}

export async function trimOnce(redis: ScriptedRedis, shard: number): Promise<void> {
  await trim(redis, shard, groupNames);
}

/** Lets the real relay and the real persister do what is left. Returns entries that vanished unread: 0. */
export async function settle(url: string, databaseUrl: string): Promise<number> {
  const replica = await startReplica(url, url, "model");
  const reads = openRedis(url, "model-reads", "blocking", quiet);
  const store = openRedis(url, "model-store", "store", quiet);
  const stop = new AbortController();
  const openSql = () => openPostgres(databaseUrl, "model", 1);
  const own = createMetrics();
  const deps = { reads, store, openSql, consumer, shardCount: stream.shardCount };
  const persisting = persist({ ...deps, heart, metrics: own, clock, log: quiet }, stop.signal);
  const unread = async (group: string) => {
    let lag = 0;
    for (let shard = 0; shard < stream.shardCount; shard++) {
      const infos = (await store.xinfo("GROUPS", keys.shard(shard))) as unknown[][];
      const info = infos.find((one) => one.includes(group)) ?? [];
      lag += Number(info[info.indexOf("lag") + 1] ?? 0);
    }
    return lag + (await pendingOf(store, group));
  };
  const all = async () => (await unread(groups.relay)) + (await unread(groups.persistence)) === 0;
  await until(all, { what: "everything to be acknowledged", timeoutMs: 10_000 });
  stop.abort();
  await persisting;
  await replica.stop();
  await Promise.all([closeRedis(reads), closeRedis(store)]);
  const vanished = await Promise.all(
    [own, replica.metrics].map(async (each) =>
      (await each.trimmedUnacked.get()).values.reduce((sum, { value }) => sum + value, 0),
    ),
  );
  return vanished.reduce((sum, value) => sum + value, 0);
}
