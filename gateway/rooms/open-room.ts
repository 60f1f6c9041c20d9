import * as v from "valibot";
import { Sid } from "../../shared/contract/rooms.ts";
import { AppError } from "../../shared/errors.ts";
import { rooms, wait } from "../../shared/limits.ts";
import type { Ctx, Handle } from "../deps.ts";
import { isReadyWithin } from "../stores.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { type CloseCode, closeCodes } from "../ws/close-codes.ts";
import { isStreamId } from "./entry.ts";
import { type Begin, endOf, streamStart } from "./room.ts";
import { RoomTalk } from "./talk.ts";

/** GET, upgraded: a socket in a room. `sid` in the query, or in the path of the alias. */
export const openRoom: Handle = async (c, deps) => {
  const given = c.req.param("sid") ?? c.req.query("sid");
  const sid = v.safeParse(Sid, given);
  const role = c.req.query("role");
  let refusal: CloseCode | undefined;
  if (given === undefined || given === "") refusal = closeCodes.sidMissing;
  else if (!sid.success) refusal = closeCodes.sidInvalid;
  else if (!(await isReadyWithin(deps.redis, wait.readyMs))) throw new AppError("UNAVAILABLE");
  const end =
    sid.success && refusal === undefined ? await endOf(deps.redis, sid.output) : streamStart;
  const begin = { end, ...askedFor(c) };
  const wantsPresence = c.req.query("presence") === "1";
  return deps.sockets.accept(c, deps, {
    kind: "room",
    needsToken: deps.rooms.needsToken,
    refusal,
    begin: (connection) => {
      const seat = { sid: v.parse(Sid, given), role, begin, wantsPresence };
      return new RoomTalk(connection, deps.rooms, seat);
    },
  });
};

/** Values that are none count as not given: a simple client is let in rather than refused. */
function askedFor(c: Ctx): Omit<Begin, "end"> {
  const since = c.req.query("since");
  if (since !== undefined && isStreamId(since)) return { replay: 0, since };
  const replay = c.req.query("replay") ?? "";
  const count = /^\d{1,3}$/.test(replay) ? Math.min(Number(replay), rooms.replay) : 0;
  return { replay: count, since: undefined };
}

const text = v.optional(v.string());

export const openRoomDoc: RouteDoc = {
  summary: "A socket in a room",
  description:
    "A WebSocket. Frames are JSON: hd with event and role, bd with text. The token comes as cookie, Authorization, or the subprotocols bearer and the token itself. Refusals are closing codes: 4001, 4002, 4401, 4403, 4409.",
  tag: "rooms",
  params: { sid: Sid },
  query: {
    sid: v.optional(Sid),
    role: text,
    replay: v.optional(v.pipe(v.string(), v.description("Entries to begin with: 0 to 200."))),
    since: v.optional(v.pipe(v.string(), v.description("An id: what came after it, 500 at most."))),
    presence: v.optional(v.pipe(v.string(), v.description("1: tells who comes and goes."))),
  },
  answers: { 101: { about: "the socket" } },
  errors: ["UPGRADE_REQUIRED", "UNAUTHORIZED"],
};
