import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { job } from "../../shared/limits.ts";
import type { Deps } from "../deps.ts";

/** A turn can only be written to a session that is its user's still: it lives longer than any turn. */
const lifeOf = (ttlSeconds: number) => Math.max(ttlSeconds, 2 * (job.runMs / 1000));

type Parts = Pick<Deps, "redis" | "locks" | "assistant">;

/** Makes a session its first user's, or throws `SESSION_NOT_FOUND` when it is another one's. */
export async function claimSession(deps: Parts, sid: string, userId: UserId): Promise<void> {
  const key = keys.assistantOwner(deps.locks.namespace, sid);
  const { ttlSeconds } = deps.assistant;
  const taken =
    ttlSeconds === 0
      ? await deps.redis.set(key, userId, "NX")
      : await deps.redis.set(key, userId, "EX", lifeOf(ttlSeconds), "NX");
  if (taken === "OK") return;
  if ((await deps.redis.get(key)) !== userId) throw new AppError("SESSION_NOT_FOUND");
  if (ttlSeconds !== 0) await deps.redis.expire(key, lifeOf(ttlSeconds));
}

/** Throws `SESSION_NOT_FOUND` unless the session is there and this user's; a foreign one is an unknown one. */
export async function requireSession(deps: Parts, sid: string, userId: UserId): Promise<void> {
  const owner = await deps.redis.get(keys.assistantOwner(deps.locks.namespace, sid));
  if (owner !== userId) throw new AppError("SESSION_NOT_FOUND");
}
