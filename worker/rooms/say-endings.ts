import type { Redis } from "ioredis";
import * as v from "valibot";
import { pause } from "../../shared/clock.ts";
import { DoneEvent } from "../../shared/contract/event.ts";
import type { Job } from "../../shared/contract/job.ts";
import { Sid } from "../../shared/contract/rooms.ts";
import { readJobRecord } from "../../shared/job-record.ts";
import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import { sayEnding } from "../../shared/rooms/say-ending.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";

interface EndingsOptions {
  /** Redis-S. */
  readonly redis: ScriptedRedis;
  /** Redis-P, opened when it is needed: almost never. */
  readonly openPubsub: () => Redis;
  readonly log: Log;
  readonly bridgeMs?: number;
}

const pollMs = 50;
const never = new AbortController().signal;
const State = v.pipe(v.string(), v.parseJson(), DoneEvent);

/**
 * What becomes of a room's job that has ended. The gateway that asked says its ending, after its last token; when it
 * did not within two seconds it is gone, and the ending is said from here. The job's message is acknowledged after
 * that, so a worker that dies leaves it to the next one. Throws what Redis throws.
 */
export function sayEndings({ redis, openPubsub, log, bridgeMs = rooms.bridgeMs }: EndingsOptions) {
  let pubsub: Redis | undefined;
  return {
    async ended(job: Job): Promise<void> {
      if (job.kind !== "room") return;
      const { job_id: jobId } = job;
      for (let waitedMs = 0; waitedMs < bridgeMs; waitedMs += pollMs) {
        if ((await redis.exists(keys.roomPublished(jobId))) === 1) return;
        await pause(pollMs, never);
      }
      const done = v.safeParse(State, await redis.get(keys.state(jobId)));
      const record = await readJobRecord(redis, jobId);
      if (!done.success) return log.warn("a room's job ended without an ending", { jobId });
      const fence = record?.session?.fence ?? job.fence;
      const run = { sid: v.parse(Sid, job.room_sid), jobId, fence };
      pubsub ??= openPubsub();
      await sayEnding(redis, pubsub, run, done.output, Date.now());
    },
    close: () => pubsub?.disconnect(),
  };
}
