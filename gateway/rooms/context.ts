import type { Redis } from "ioredis";
import type { RoomLine } from "../../shared/contract/job.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";
import { parseEntry } from "./entry.ts";

/** What was said before an entry, the oldest first: what the model is told. Throws what Redis throws. */
export async function linesBefore(redis: Redis, sid: Sid, entryId: string): Promise<RoomLine[]> {
  const raw = await redis.xrevrange(
    keys.room(sid),
    `(${entryId}`,
    "-",
    "COUNT",
    rooms.contextEntries,
  );
  return raw.reverse().flatMap((one): RoomLine[] => {
    const entry = parseEntry(one);
    const text = entry?.body.bd["text"];
    return entry && typeof text === "string" ? [{ participant: entry.participant, text }] : [];
  });
}

/** The newest entry of a person. Throws what Redis throws. */
export async function lastOfPeople(redis: Redis, sid: Sid): Promise<string | undefined> {
  const raw = await redis.xrevrange(keys.room(sid), "+", "-", "COUNT", rooms.queue);
  return raw.find((one) => parseEntry(one)?.body.hd.event === "chat.message")?.[0];
}
