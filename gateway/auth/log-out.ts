import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { auth } from "../../shared/limits.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import { revoke } from "../gate/revoke.ts";
import type { Principal } from "../gate/verify.ts";
import { authenticate, requireOrigin } from "../http/auth.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { within } from "../stores.ts";
import { clearTokens } from "./cookies.ts";
import type { Facts } from "./issue.ts";
import { readRefreshToken, refreshTokenIn } from "./refresh-token.ts";
import { endSessions } from "./sessions.ts";

/**
 * POST: takes the rights of the access token and of the session of either token, and clears the cookies. 200 also when
 * there was nothing to take; only another page's request (401) and a revocation that nobody could keep (503) are not.
 */
export const logOut: Handle = async (c, deps) => {
  requireOrigin(c, deps);
  // what is not kept by then is kept on: a revocation is written as soon as Redis takes it
  await within(auth.logOutMs, takeRights(c, deps), "the store of sessions");
  const response = c.json({ success: true, data: { message: "Successfully logged out" } });
  clearTokens(deps.auth.cookies, response.headers);
  return response;
};

async function takeRights(c: Ctx, deps: Deps): Promise<void> {
  const [principal, held] = [await principalIn(c, deps), await refreshIn(c, deps)];
  const endings: Promise<void>[] = [];
  if (principal) {
    const { jti, userId, session } = principal;
    const exp = Math.ceil(principal.expiresAtMs / 1000) - auth.leewaySeconds;
    endings.push(revoke(deps, { jti, userId, exp }, "logout"));
    if (session !== undefined) endings.push(endSessions(deps, userId, session));
  }
  if (held && held.session !== principal?.session) {
    endings.push(endSessions(deps, held.userId, held.session));
  }
  await Promise.all(endings);
  if (endings.length > 0) deps.auth.audit.note({ action: "sign-out" }, true);
}

async function principalIn(c: Ctx, deps: Deps): Promise<Principal | undefined> {
  try {
    return await authenticate(c, deps);
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== "UNAVAILABLE") return undefined;
    throw cause;
  }
}

async function refreshIn(c: Ctx, deps: Deps): Promise<Facts | undefined> {
  try {
    return await readRefreshToken(refreshTokenIn(c, deps), deps);
  } catch (cause) {
    if (cause instanceof AppError) return undefined;
    throw cause;
  }
}

export const logOutDoc: RouteDoc = {
  summary: "Log out",
  description:
    "Revokes the token and its session, if one came along, and clears the cookies. 200 also when there was nothing to revoke.",
  tag: "auth",
  answers: {
    200: {
      about: "logged out",
      body: v.object({ success: v.literal(true), data: v.object({ message: v.string() }) }),
      headers: { "Set-Cookie": "s_access and s_refresh, cleared" },
    },
  },
  errors: ["UNAUTHORIZED"],
};
