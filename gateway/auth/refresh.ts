import { AppError } from "../../shared/errors.ts";
import { signIn } from "../../shared/limits.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { requireReady, within } from "../stores.ts";
import { getUser } from "../users/accounts.ts";
import { issuePair, newFacts, setTokens } from "./give-tokens.ts";
import type { Facts } from "./issue.ts";
import { readRefreshToken, refreshTokenIn } from "./refresh-token.ts";
import { endSessions, rotateSession } from "./sessions.ts";

/**
 * POST: trades the refresh token for a new pair of cookies. 201 without a body. A token that was traded before ends
 * every session of its user, unless that was in the last seconds: then another tab was faster.
 */
export const refresh: Handle = async (c, deps) => {
  const { audit } = deps.auth;
  try {
    const held = await readRefreshToken(refreshTokenIn(c, deps), deps);
    await requireReady(deps.redis);
    const next = newFacts(deps, held);
    await requireUser(deps, held);
    const rotated = await rotateSession(deps, held, next);
    if (rotated.word !== "rotated") {
      audit.note({ action: "session-refused", reason: rotated.word }, false);
      throw new AppError("SESSION_ENDED");
    }
    const pair = await issuePair(deps, rotated.facts);
    const response = new Response(null, { status: 201 });
    setTokens(deps, response.headers, pair);
    return response;
  } catch (cause) {
    if (cause instanceof AppError && cause.code === "SESSION_WITHOUT_USER") {
      audit.note({ action: "session-refused", reason: "no user" }, false);
    }
    throw cause;
  }
};

/**
 * Throws `SESSION_WITHOUT_USER` when the account is gone. A database that is away signs nobody out: an account that is
 * deleted takes its sessions along.
 */
async function requireUser(deps: Deps, { userId }: Facts): Promise<void> {
  const looking = within(signIn.userCheckMs, getUser(deps.sql, userId), "the database");
  const user = await looking.catch(() => "unknown" as const);
  if (user !== undefined) return;
  await endSessions(deps, userId, undefined);
  throw new AppError("SESSION_WITHOUT_USER");
}

export const refreshDoc: RouteDoc = {
  summary: "Trade the refresh token for a new pair",
  description:
    "The token is X-Refresh-Token: Bearer, else the cookie s_refresh, else Authorization. Good once: used again, all sessions of its user end; within 10 s, the same pair comes again.",
  tag: "auth",
  answers: {
    201: { about: "both cookies, anew", headers: { "Set-Cookie": "s_access, s_refresh" } },
  },
  errors: [
    "REFRESH_TOKEN_REQUIRED",
    "INVALID_TOKEN",
    "TOKEN_EXPIRED",
    "TOKEN_TYPE_MISMATCH",
    "SESSION_ENDED",
    "SESSION_WITHOUT_USER",
    "UNAUTHORIZED",
    "OAUTH_NOT_CONFIGURED",
  ],
};
