import { groups, keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";

/** Set aside for people to look at; the oldest go first. */
const keep = 10_000;

/** Where an entry of the persistence group is. */
export interface Place {
  readonly shard: number;
  readonly entryId: string;
}

/** Moves an entry that can never be stored out of the way, in one step. */
export async function setAside(
  redis: ScriptedRedis,
  place: Place,
  reason: string,
  fields: readonly string[],
): Promise<void> {
  const shardKey = keys.shard(place.shard);
  const results = await redis
    .multi()
    .xadd(
      keys.persistenceDeadLetters,
      "MAXLEN",
      "~",
      keep,
      "*",
      "reason",
      reason,
      "shard",
      place.shard,
      "entry",
      place.entryId,
      ...fields,
    )
    .xack(shardKey, groups.persistence, place.entryId)
    .exec();
  for (const [error] of results ?? []) if (error) throw error;
}

/** Was this entry delivered so often that the next failure is the last? */
export async function isLastTry(redis: ScriptedRedis, place: Place): Promise<boolean> {
  const [pending] = (await redis.xpending(
    keys.shard(place.shard),
    groups.persistence,
    place.entryId,
    place.entryId,
    1,
  )) as [id: string, consumer: string, idleMs: number, deliveries: number][];
  return (pending?.[3] ?? 0) >= router.persistTries;
}
