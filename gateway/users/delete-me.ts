import { auth } from "../../shared/limits.ts";
import { AppError } from "../../shared/errors.ts";
import { endSessions } from "../auth/sessions.ts";
import type { Handle } from "../deps.ts";
import { revoke } from "../gate/revoke.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { erase, orderDeletion } from "./deletion/delete-account.ts";
import { readProfile } from "./profile.ts";

/**
 * DELETE the caller's account and everything of theirs: chats, memory, pictures, characters, sign-in services. Once
 * ordered it happens; when a store is away meanwhile it is finished as soon as it is back. The token is good for
 * nothing afterwards.
 */
export const deleteMe: Handle = async (c, deps) => {
  const principal = c.get("principal");
  await readProfile(deps, principal); // there, or made: a development token may have chats too
  const order = await orderDeletion(deps.sql, principal.userId);
  if (!order) throw new AppError("USER_NOT_FOUND");
  // first: nothing new is written with it while the old goes
  const exp = Math.ceil(principal.expiresAtMs / 1000) - auth.leewaySeconds;
  await revoke(deps, { jti: principal.jti, userId: principal.userId, exp }, "logout");
  await endSessions(deps, principal.userId, undefined);
  await erase(deps, order).catch((error: unknown) =>
    deps.log.warn("deletion goes on later", { error }),
  );
  return c.body(null, 204);
};

export const deleteMeDoc: RouteDoc = {
  summary: "Delete the caller's account",
  description: "Everything of theirs goes: chats, pictures, characters. It cannot be taken back.",
  tag: "users",
  answers: { 204: { about: "deleted" } },
  errors: ["USER_NOT_FOUND"],
};
