import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { UserId } from "../../shared/contract/ids.ts";
import { Sid } from "../../shared/contract/rooms.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { isRole } from "./read-frame.ts";
import { whoAsks } from "./who.ts";

const Role = v.pipe(
  v.string(),
  v.check((name) => isRole(name) === "role", "must be a role people may have"),
  v.description("1 to 32 letters, digits and _ . : -, and neither llm nor system."),
);
const Opening = v.object({
  userId: v.pipe(v.string(), v.maxLength(128)),
  llm_mode: v.optional(v.picklist(["manual", "mention", "auto"])),
  members: v.optional(
    v.pipe(
      v.record(Role, UserId),
      v.check((roles) => Object.keys(roles).length <= rooms.sockets, "are too many"),
      v.description("Who has which role. Only they get in then."),
    ),
  ),
});

/** POST: opens a room of a new name, and remembers who asked for it. */
export const connectRoom: Handle = async (c, deps) => {
  await whoAsks(c, deps);
  const opening = validate(Opening, await readJson(c.req.raw));
  if (opening.userId.trim() === "") throw new AppError("USER_ID_REQUIRED");
  const sid = v.parse(Sid, `s${randomBytes(5).toString("hex")}`);
  const { llm_mode: mode, members } = opening;
  const info = { ...opening, created_at: new Date(deps.clock.wallMs()).toISOString() };
  const step = deps.redis.multi();
  step.set(keys.roomInfo(sid), JSON.stringify(info), "EX", rooms.infoTtlSeconds);
  const meta = { ...(mode ? { llm_mode: mode } : {}), ...(members ? { access: "members" } : {}) };
  if (Object.keys(meta).length > 0) {
    step.hset(keys.roomMeta(sid), meta).expire(keys.roomMeta(sid), rooms.ttlSeconds);
  }
  if (members && Object.keys(members).length > 0) {
    step.hset(keys.roomMembers(sid), members).expire(keys.roomMembers(sid), rooms.ttlSeconds);
  }
  for (const [error] of (await step.exec()) ?? []) if (error) throw error;
  return c.json({ sid });
};

export const connectRoomDoc: RouteDoc = {
  summary: "Open a room",
  description:
    "A room needs no opening: any sid is one. This gives a new name, sets when the model speaks, and may close the room to all but its members.",
  tag: "rooms",
  body: Opening,
  answers: { 200: { about: "the room's name", body: v.object({ sid: v.string() }) } },
  errors: ["USER_ID_REQUIRED", "UNAUTHORIZED", "TOKEN_REVOKED"],
};
