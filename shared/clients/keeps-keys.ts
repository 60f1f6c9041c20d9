import type { Redis } from "ioredis";
import { AppError } from "../errors.ts";

/**
 * Throws `START_CHECK_FAILED` (bug) when the streams Redis evicts keys under memory pressure: it would lose jobs
 * without a word. It is the cache then, most likely. A Redis that does not tell its policy is believed.
 */
export async function checkKeepsKeys(redis: Redis): Promise<void> {
  await redis.ping();
  const policy = await redis.config("GET", "maxmemory-policy").catch(() => undefined); // may be denied
  const value = Array.isArray(policy) ? policy[1] : undefined;
  if (typeof value === "string" && value !== "noeviction") {
    throw new AppError("START_CHECK_FAILED", {
      detail: `the streams Redis evicts keys (maxmemory-policy ${value}): set it to noeviction`,
    });
  }
}
