import type { Redis } from "ioredis";
import * as v from "valibot";
import { Sid } from "../../shared/contract/rooms.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { input } from "../../shared/limits.ts";
import type { Ctx, Handle } from "../deps.ts";
import { validate } from "../http/body.ts";
import { limitOf } from "../http/params.ts";
import { TooMany } from "../limits/limits.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { membershipOf } from "./access.ts";
import { addedAt, isStreamId, parseEntry, type RoomEntry } from "./entry.ts";
import { addressOf, whoAsks } from "./who.ts";

const Message = v.object({
  id: v.string(),
  participant: v.string(),
  ts: v.number(),
  body: v.object({ hd: v.record(v.string(), v.unknown()), bd: v.record(v.string(), v.unknown()) }),
});
type Message = v.InferOutput<typeof Message>;

const History = v.object({
  session_id: v.string(),
  messages: v.pipe(
    v.union([v.array(Message), v.record(v.string(), v.array(Message))]),
    v.description("Ascending; with group=participant an object of such lists."),
  ),
  participants: v.pipe(
    v.record(v.string(), v.number()),
    v.description("Entries of the whole room by participant."),
  ),
  has_more: v.boolean(),
  next_before: v.nullable(v.string()),
});

interface Wanted {
  readonly limit: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly participant: string | undefined;
}

/** GET what was said in a room, a page at a time, either way. */
export const readHistory: Handle = async (c, deps) => {
  const principal = await whoAsks(c, deps);
  const { rooms, redis } = deps;
  const sid = validate(v.object({ session_id: Sid }), {
    session_id: c.req.param("session_id") ?? c.req.param("sid"),
  }).session_id;
  const wanted: Wanted = {
    limit: limitOf(c, input.historyLimit),
    before: cursorOf(c, "before"),
    after: cursorOf(c, "after"),
    participant: c.req.query("participant"),
  };
  const isGrouped = c.req.query("group") === "participant";
  const waitMs = await rooms.buckets.history(principal?.userId ?? addressOf(c, deps));
  if (waitMs > 0) throw new TooMany("room histories", Math.ceil(waitMs / 1000));
  const membership = await membershipOf(redis, sid, principal?.userId);
  if (membership === "closed" || membership === "other") {
    throw new AppError(principal ? "NOT_FOUND" : "UNAUTHORIZED");
  }
  const [{ entries, hasMore }, participants] = await Promise.all([
    readPage(redis, sid, wanted),
    rooms.count(sid),
  ]);
  const messages = entries.map((entry): Message => ({
    id: entry.id,
    participant: entry.participant,
    ts: addedAt(entry.id),
    body: { hd: { ...entry.body.hd }, bd: { ...entry.body.bd } },
  }));
  const isBackward = wanted.after === undefined;
  const body: v.InferInput<typeof History> = {
    session_id: sid,
    messages: isGrouped
      ? (Object.fromEntries(Map.groupBy(messages, (one) => one.participant)) as Record<
          string,
          Message[]
        >)
      : messages,
    participants,
    has_more: hasMore,
    next_before: isBackward && hasMore ? (messages[0]?.id ?? null) : null,
  };
  return c.json(body);
};

/** Throws `INVALID_CURSOR`. */
function cursorOf(c: Ctx, name: "before" | "after"): string | undefined {
  const cursor = c.req.query(name);
  if (cursor === undefined || isStreamId(cursor)) return cursor;
  throw new AppError("INVALID_CURSOR");
}

/** Ascending. With `after` the entries next to it, else those next to `before`, or to the end. */
async function readPage(
  redis: Redis,
  sid: Sid,
  { limit, before, after, participant }: Wanted,
): Promise<{ entries: RoomEntry[]; hasMore: boolean }> {
  const key = keys.room(sid);
  const isForward = after !== undefined;
  let low = after === undefined ? "-" : `(${after}`;
  let high = before === undefined ? "+" : `(${before}`;
  const found: RoomEntry[] = [];
  for (const count = Math.max(limit + 1, 100); found.length <= limit;) {
    const page = isForward
      ? await redis.xrange(key, low, high, "COUNT", count)
      : await redis.xrevrange(key, high, low, "COUNT", count);
    for (const raw of page) {
      const entry = parseEntry(raw);
      if (entry && (participant === undefined || entry.participant === participant)) {
        found.push(entry);
      }
    }
    const last = page.at(-1);
    if (!last || page.length < count) break;
    if (isForward) low = `(${last[0]}`;
    else high = `(${last[0]}`;
  }
  const entries = found.slice(0, limit);
  return { entries: isForward ? entries : entries.reverse(), hasMore: found.length > limit };
}

export const readHistoryDoc: RouteDoc = {
  summary: "What was said in a room",
  description:
    "The newest messages, or those before or after an id, ascending. before pages backwards (next_before), after forwards. A room nobody knows is empty; one of other people is not found.",
  tag: "rooms",
  params: { session_id: Sid, sid: Sid },
  query: {
    limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.description("1 to 200; 50."))),
    before: v.optional(v.string()),
    after: v.optional(v.string()),
    participant: v.optional(v.string()),
    group: v.optional(v.literal("participant")),
  },
  answers: { 200: { about: "a page", body: History } },
  errors: ["INVALID_CURSOR", "NOT_FOUND", "UNAUTHORIZED", "TOKEN_REVOKED"],
};
