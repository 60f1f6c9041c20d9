import * as v from "valibot";
import { collect, jobIdsOf, marksOf, type RawEntry, fieldOf } from "../../router/batch.ts";
import { groupNames } from "../../router/groups.ts";
import { createHeart } from "../../router/loop.ts";
import { writeAnswers } from "../../router/messages.ts";
import { createMetrics } from "../../router/metrics.ts";
import { publish } from "../../router/publish.ts";
import { readGroup } from "../../router/relay-reads.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { Persistence } from "../../shared/contract/event.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { groups, keys } from "../../shared/keys.ts";
import { createLog } from "../../shared/log.ts";
import { markRelayed, type ScriptedRedis, trim } from "../../shared/scripts.ts";

const heart = createHeart(clock);
const metrics = createMetrics();
const { signal } = new AbortController();
export const quiet = createLog(() => {});
/** Name of the persister that comes and goes; its pending entries are its own. */
export const consumer = "model";
const Internal = v.object({ persistence: Persistence });

/** How far a relay or a persister comes before it dies; `whole` is to the end. */
export const relayFates = ["whole", "read", "unmarked", "unheard", "doubled"] as const;
export const persistFates = ["whole", "read", "unacknowledged"] as const;

/**
 * One turn of a relay over a shard. `again`: what was pending, with the marks of before, as after a takeover.
 * Returns how many entries it read.
 */
export async function relayOnce(
  redis: ScriptedRedis,
  shard: number,
  again: boolean,
  fate: (typeof relayFates)[number],
): Promise<number> {
  const deps = { reads: redis, heart, metrics };
  const [read] = await readGroup(deps, [shard], again ? "0" : ">", signal, 1);
  const count = read?.entries.length ?? 0;
  if (!read || count === 0 || fate === "read") return count;
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
  if (fate === "unmarked") return count;
  await markRelayed(redis, shard, groups.relay, batch.entryIds, marksOf(batch));
  return count;
}

/** One turn of a persister over a shard. Returns how many entries it read. */
export async function persistOnce(
  redis: ScriptedRedis,
  sql: Sql,
  shard: number,
  again: boolean,
  fate: (typeof persistFates)[number],
): Promise<number> {
  const reply = (await redis.xreadgroup(
    ...(["GROUP", groups.persistence, consumer, "COUNT", 20, "STREAMS"] as const),
    keys.shard(shard),
    again ? "0" : ">",
  )) as [string, RawEntry[]][] | null;
  const entries = reply?.[0]?.[1] ?? [];
  if (entries.length === 0 || fate === "read") return entries.length;
  const answers = entries.flatMap(([, fields]) => {
    const internal = fieldOf(fields ?? [], "internal");
    return internal ? [v.parse(Internal, JSON.parse(internal)).persistence] : [];
  });
  if (answers.length > 0) await writeAnswers(sql, answers);
  if (fate === "unacknowledged") return entries.length;
  await redis.xack(keys.shard(shard), groups.persistence, ...entries.map(([id]) => id));
  return entries.length;
}

export async function trimOnce(redis: ScriptedRedis, shard: number): Promise<void> {
  await trim(redis, shard, groupNames);
}

/** All that is left, what was pending first; nothing may be trimmed that is still wanted. */
export async function finishOnce(
  redis: ScriptedRedis,
  sql: Sql,
  shard: number,
  fate: "whole" | "unheard",
): Promise<void> {
  for (const again of [true, false]) {
    while ((await relayOnce(redis, shard, again, fate)) > 0);
  }
  await trimOnce(redis, shard);
  for (const again of [true, false]) {
    while ((await persistOnce(redis, sql, shard, again, "whole")) > 0);
  }
}
