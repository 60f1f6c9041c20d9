import * as v from "valibot";
import type { UserId } from "../../shared/contract/ids.ts";
import { readTurns } from "../../shared/contract/turn.ts";
import { assistantLock } from "../../shared/job-session.ts";
import { keys } from "../../shared/keys.ts";
import { assistant as limits } from "../../shared/limits.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import { limitOf, limitQuery } from "../http/params.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import forgetSessionLua from "./forget-session.lua" with { type: "text" };
import { requireSession } from "./owner.ts";
import { sidOf, sidPattern } from "./session-id.ts";
import { whoOf } from "./who.ts";

const params = { session_id: v.pipe(v.string(), v.regex(sidPattern)) };
const sidIn = (c: Ctx) => sidOf(c.req.param("session_id"));

const Messages = v.object({
  session_id: v.string(),
  messages: v.array(
    v.object({
      role: v.picklist(["user", "assistant"]),
      content: v.string(),
      ts: v.pipe(v.nullable(v.number()), v.description("Milliseconds since 1970.")),
      interrupted: v.optional(
        v.pipe(v.literal(true), v.description("Its turn was cancelled: what had been said.")),
      ),
    }),
  ),
});

/** GET what was said in a session, the oldest first. */
export const readMessages: Handle = async (c, deps) => {
  const userId = await whoOf(c, deps);
  const sid = sidIn(c);
  const limit = limitOf(c, limits.listLimit);
  await requireSession(deps, sid, userId);
  const { namespace } = deps.locks;
  const items = await deps.redis.lrange(keys.assistantMemory(namespace, sid), 0, limit - 1);
  const messages = readTurns(items).map(({ role, content, ts, isInterrupted }) => ({
    role,
    content,
    ts: ts ?? null,
    ...(isInterrupted ? { interrupted: true } : {}),
  }));
  return c.json({ session_id: sid, messages });
};

export const readMessagesDoc: RouteDoc = {
  summary: "What was said in a session",
  tag: "assistant",
  params,
  query: { limit: limitQuery(limits.listLimit) },
  answers: { 200: { about: "the newest messages, the oldest first", body: Messages } },
  errors: ["UNAUTHORIZED", "TOKEN_REVOKED", "INVALID_SESSION_ID", "SESSION_NOT_FOUND"],
};

/** DELETE a session: its memory, its summary and whose it was. A turn that runs there ends without being kept. */
export const forgetSession: Handle = async (c, deps) => {
  const userId = await whoOf(c, deps);
  const sid = sidIn(c);
  await requireSession(deps, sid, userId);
  await forget(deps, sid, userId);
  return new Response(null, { status: 204 });
};

/** Forgets a session, unless it became another user's meanwhile. */
export async function forget(
  { redis, locks }: Pick<Deps, "redis" | "locks">,
  sid: string,
  userId: UserId,
): Promise<void> {
  const { namespace } = locks;
  const lock = assistantLock(sid);
  await redis.eval(
    forgetSessionLua,
    5,
    keys.assistantMemory(namespace, sid),
    keys.assistantOwner(namespace, sid),
    keys.assistantSummary(namespace, sid),
    keys.lock(namespace, lock),
    keys.lockFence(namespace, lock),
    userId,
  );
}

export const forgetSessionDoc: RouteDoc = {
  summary: "Forget a session",
  description: "A turn that runs in it is not kept.",
  tag: "assistant",
  params,
  answers: { 204: { about: "forgotten" } },
  errors: ["UNAUTHORIZED", "TOKEN_REVOKED", "INVALID_SESSION_ID", "SESSION_NOT_FOUND"],
};
