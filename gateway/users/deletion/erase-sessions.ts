import type { UserId } from "../../../shared/contract/ids.ts";
import { keys } from "../../../shared/keys.ts";
import { forget } from "../../assistant/sessions.ts";
import type { Deps } from "../../deps.ts";

/** Keys of one step: the store is not held up by the walk over all of them. */
const stepKeys = "1000";

/** What was said with the assistant. Nobody lists sessions by user, so all owners are looked at: deletions are rare. */
export async function eraseSessions(
  deps: Pick<Deps, "redis" | "locks">,
  userId: UserId,
): Promise<number> {
  const { redis, locks } = deps;
  const prefix = keys.assistantOwner(locks.namespace, "");
  let forgotten = 0;
  let cursor = "0";
  do {
    const [next, found] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", stepKeys);
    const owners = found.length === 0 ? [] : await redis.mget(...found);
    for (const [i, key] of found.entries()) {
      if (owners[i] !== userId) continue;
      await forget(deps, key.slice(prefix.length), userId);
      forgotten++;
    }
    cursor = next;
  } while (cursor !== "0");
  return forgotten;
}
