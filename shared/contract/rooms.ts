import * as v from "valibot";
import { namedUuid, UserId } from "./ids.ts";

/** The name of a room, as it stands in URLs and keys. */
export const Sid = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -"),
  v.brand("Sid"),
);
export type Sid = v.InferOutput<typeof Sid>;

/** The label of what the model says in a room. */
export const modelRole = "llm";

const roomNamespace = "c0a1f4f2-7d0e-4b58-9d2c-6b1f7f0a9e55";

/** Whose the jobs of a room are: the room's. Nobody can sign in as it. */
export function roomUserId(sid: Sid): UserId {
  return v.parse(UserId, namedUuid(roomNamespace, `user:${sid}`));
}

/** What a room's stream holds under `body`: what was sent, its role filled in. */
export interface RoomBody {
  readonly hd: Readonly<Record<string, unknown>> & {
    readonly event: string;
    readonly role: string;
  };
  readonly bd: Readonly<Record<string, unknown>>;
}

/** An entry as clients get it: what was sent, and what the server knows. */
export function roomFrame(sid: Sid, id: string, participant: string, body: RoomBody): string {
  const ts = Number(id.slice(0, id.indexOf("-")));
  const hd = { timestamp: new Date(ts).toISOString(), ...body.hd, sid, id, ts };
  return JSON.stringify({ hd, bd: body.bd, sid, participant });
}

/** A frame that is not stored: it has no id. */
export function liveFrame(
  sid: Sid,
  event: string,
  role: string,
  bd: Readonly<Record<string, unknown>>,
  ts: number,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const hd = { event, role, sid, ts, timestamp: new Date(ts).toISOString() };
  return JSON.stringify({ hd, bd, sid, participant: role, ...more });
}
