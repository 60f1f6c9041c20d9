import type { Redis } from "ioredis";
import { keys } from "../shared/keys.ts";
import { ttl } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { TextCache } from "./graph/intent/cache.ts";

/** Longer than this a cache is slower than the model it saves. */
const waitMs = 50;

/** Intents of messages without a history, in Redis-C. */
export function intentCache(redis: Pick<Redis, "get" | "set">, log: Log): TextCache {
  const away = (cause: unknown) => {
    log.debug("intent cache away", { error: cause });
    return null;
  };
  const inTime = <T>(work: Promise<T>) =>
    Promise.race([work.catch(away), Bun.sleep(waitMs).then(() => null)]);
  return {
    read: (key) => inTime(redis.get(keys.intentCache(key))),
    write: async (key, text) => {
      await inTime(redis.set(keys.intentCache(key), text, "EX", ttl.intentSeconds));
    },
  };
}
