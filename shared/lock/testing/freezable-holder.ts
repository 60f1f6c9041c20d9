// A holder that a test freezes: takes the lock `frozen` of the Redis named as its argument, says so, and writes to a list
// under its fence every few milliseconds, saying what became of each write.
import { Redis } from "ioredis";
import { createLog } from "../../log.ts";
import { keys } from "../../keys.ts";
import { openRedis } from "../../clients/redis.ts";
import { openLocks } from "../lock.ts";

/** How every fenced write begins; `fencedWrite` in the tests is the same. */
export const fencedPush = `
if tonumber(redis.call("GET", KEYS[2]) or 0) > tonumber(ARGV[1]) then return "stale" end
redis.call("RPUSH", KEYS[1], ARGV[2])
return "written"`;

if (import.meta.main) {
  const url = process.argv[2] ?? "";
  const redis = openRedis(
    url,
    "holder",
    "request",
    createLog(() => {}),
  );
  const writer = new Redis(url);
  await redis.ping();
  const locks = openLocks({ redis, namespace: "test" });
  const say = (word: string) => process.stdout.write(`${word}\n`);
  const fenceKey = keys.lockFence("test", "frozen");
  try {
    await locks.withLock("frozen", { ttlMs: 400 }, async (signal, fence) => {
      say("held");
      while (!signal.aborted) {
        const word = await writer.eval(
          fencedPush,
          2,
          "written",
          fenceKey,
          fence,
          `holder ${fence}`,
        );
        say(String(word));
        await Bun.sleep(5);
      }
      // a holder that does not look at its signal: the store still refuses it
      say(`after ${String(await writer.eval(fencedPush, 2, "written", fenceKey, fence, "late"))}`);
    });
    say("kept");
  } catch (cause) {
    say(cause instanceof Error ? cause.name : "?");
  }
  process.exit(0);
}
