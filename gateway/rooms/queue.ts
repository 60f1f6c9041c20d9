import type { Redis } from "ioredis";
import * as v from "valibot";
import { JobId } from "../../shared/contract/ids.ts";
import { Location } from "../../shared/contract/job.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";

const Waiting = v.object({
  job_id: JobId,
  requested_by: v.string(),
  message: v.string(),
  entry_id: v.string(),
  user_location: v.nullable(Location),
  traceparent: v.string(),
});
/** Somebody asked the model; the job does not exist yet. */
export type Waiting = v.InferOutput<typeof Waiting>;

/** Puts it behind those that wait; false when there is no place. Throws what Redis throws. */
export async function enqueue(redis: ScriptedRedis, sid: Sid, waiting: Waiting): Promise<boolean> {
  const text = JSON.stringify(waiting);
  const key = keys.roomQueue(sid);
  return (await redis.eco2RoomQueue(key, text, rooms.queue, rooms.queueTtlSeconds)) > 0;
}

/**
 * Who is next, and the way to strike it; what nobody can read is struck at once. The others then have their time anew: a
 * run is shorter than it, so nobody is forgotten while the line moves. Throws what Redis throws.
 */
export async function nextOf(
  redis: Redis,
  sid: Sid,
): Promise<{ readonly waiting: Waiting; readonly strike: () => Promise<unknown> } | undefined> {
  const key = keys.roomQueue(sid);
  for (;;) {
    const text = await redis.lindex(key, 0);
    if (text === null) return undefined;
    const strike = () => redis.multi().lrem(key, 1, text).expire(key, rooms.queueTtlSeconds).exec();
    const waiting = v.safeParse(v.pipe(v.string(), v.parseJson(), Waiting), text);
    if (waiting.success) return { waiting: waiting.output, strike };
    await strike();
  }
}
