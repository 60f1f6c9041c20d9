import type { Redis } from "ioredis";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import { streamStart } from "./room.ts";

interface Counted {
  /** The oldest entry that was counted. */
  readonly firstId: string;
  /** Up to here. */
  lastId: string;
  readonly counts: Map<string, number>;
}

const pageEntries = 1000;
/** Rooms whose counts are kept: a history that is paged through is counted once. */
const keptRooms = 100;

/** Counts the entries of a room by participant. What was counted is kept; a stream that was trimmed is counted anew. */
export function createCounter(redis: Redis): (sid: Sid) => Promise<Record<string, number>> {
  const kept = new Map<Sid, Counted>();
  return async (sid) => {
    const key = keys.room(sid);
    const [first] = await redis.xrange(key, "-", "+", "COUNT", 1);
    const firstId = first?.[0] ?? streamStart;
    const known = kept.get(sid);
    const counted: Counted =
      known?.firstId === firstId ? known : { firstId, lastId: streamStart, counts: new Map() };
    kept.delete(sid); // to the young end
    kept.set(sid, counted);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptRooms) break;
      kept.delete(oldest);
    }
    for (;;) {
      const from = counted.lastId;
      const page = await redis.xrange(key, `(${from}`, "+", "COUNT", pageEntries);
      if (counted.lastId !== from) continue; // somebody else counted on meanwhile
      for (const [id, fields] of page) {
        counted.lastId = id;
        const who = fields[fields.indexOf("participant") + 1] ?? "";
        counted.counts.set(who, (counted.counts.get(who) ?? 0) + 1);
      }
      if (page.length < pageEntries) return Object.fromEntries(counted.counts);
    }
  };
}
