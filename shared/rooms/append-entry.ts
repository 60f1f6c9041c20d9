import type { JobId } from "../contract/ids.ts";
import type { RoomBody, Sid } from "../contract/rooms.ts";
import { keys } from "../keys.ts";
import { rooms } from "../limits.ts";
import type { ScriptedRedis } from "../scripts.ts";

/** What a job may say in a room: once, and not after a later run has spoken. */
interface ByJob {
  readonly jobId: JobId;
  readonly fence: number;
}

export type RoomAppended =
  | { readonly word: "added"; readonly id: string }
  /** By this or another process before; `id` is undefined when it ended without an entry. */
  | { readonly word: "known"; readonly id: string | undefined }
  | { readonly word: "stale" };

/** Adds an entry to a room; answers also when the model joins in by itself. Throws what Redis throws. */
export async function appendEntry(
  redis: ScriptedRedis,
  sid: Sid,
  participant: string,
  body: RoomBody,
): Promise<{ readonly id: string; readonly mode: string }> {
  const [, id = "", mode = ""] = await run(
    redis,
    sid,
    participant,
    JSON.stringify(body),
    undefined,
  );
  return { id, mode };
}

/** Adds what a job has to say, or, without a body, marks that it has nothing to say. Throws what Redis throws. */
export async function appendOfJob(
  redis: ScriptedRedis,
  sid: Sid,
  participant: string,
  body: RoomBody | undefined,
  by: ByJob,
): Promise<RoomAppended> {
  const text = body ? JSON.stringify(body) : "";
  const [word, id = "-"] = await run(redis, sid, participant, text, by);
  if (word === "added") return { word, id };
  if (word === "known") return { word, id: id === "-" ? undefined : id };
  if (word === "stale") return { word };
  throw new Error(`room-append answered ${word}`);
}

function run(
  redis: ScriptedRedis,
  sid: Sid,
  participant: string,
  body: string,
  by: ByJob | undefined,
): Promise<string[]> {
  return redis.eco2RoomAppend(
    keys.room(sid),
    keys.roomMeta(sid),
    keys.roomMembers(sid),
    by ? keys.roomPublished(by.jobId) : "",
    participant,
    body,
    rooms.entries,
    rooms.ttlSeconds,
    rooms.publishedTtlSeconds,
    by?.fence ?? "",
  );
}
