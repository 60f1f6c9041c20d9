import type { Redis } from "ioredis";
import { groups, keys } from "../shared/keys.ts";
import type { Log } from "../shared/log.ts";

export const groupNames: readonly string[] = [groups.relay, groups.persistence];

/**
 * Creates what is missing of both groups on every shard, from the first entry on: whoever starts first makes
 * both, so that nothing is trimmed before the other group saw it. Returns how many were missing.
 */
export async function ensureGroups(redis: Redis, shardCount: number, log: Log): Promise<number> {
  let created = 0;
  for (let shard = 0; shard < shardCount; shard++) {
    for (const group of groupNames) {
      try {
        await redis.xgroup("CREATE", keys.shard(shard), group, "0", "MKSTREAM");
        created++;
        log.info("consumer group created", { shard, group });
      } catch (cause) {
        if (!(cause instanceof Error) || !cause.message.startsWith("BUSYGROUP")) throw cause;
      }
    }
  }
  return created;
}

/** The store lost a stream or its groups. */
export function isGroupMissing(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith("NOGROUP");
}
