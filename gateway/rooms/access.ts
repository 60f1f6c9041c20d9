import type { Redis } from "ioredis";
import type { UserId } from "../../shared/contract/ids.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";

/**
 * May this person speak under a role? The first signed-in person to use one has it from then on; who is not signed
 * in may use what nobody has. Throws what Redis throws.
 */
export async function mayUseRole(
  redis: Redis,
  sid: Sid,
  role: string,
  userId: UserId | undefined,
): Promise<boolean> {
  const key = keys.roomMembers(sid);
  if (userId === undefined) return (await redis.hexists(key, role)) === 0;
  if ((await redis.hsetnx(key, role, userId)) === 1) {
    await redis.expire(key, rooms.ttlSeconds);
    return true;
  }
  return (await redis.hget(key, role)) === userId;
}

export type Membership = "member" | "open" | "closed" | "other";

/**
 * What a room is to a person: `member`, they have a role in it; `open`, nobody has one; `closed`, it was opened for
 * its members only; else `other`. Throws what Redis throws.
 */
export async function membershipOf(
  redis: Redis,
  sid: Sid,
  userId: UserId | undefined,
): Promise<Membership> {
  const [members, access] = await Promise.all([
    redis.hvals(keys.roomMembers(sid)),
    redis.hget(keys.roomMeta(sid), "access"),
  ]);
  if (userId !== undefined && members.includes(userId)) return "member";
  if (access === "members") return "closed";
  return members.length === 0 ? "open" : "other";
}
