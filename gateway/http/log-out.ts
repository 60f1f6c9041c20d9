import * as v from "valibot";
import { auth } from "../../shared/limits.ts";
import { AppError } from "../../shared/errors.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import type { Principal } from "../gate/verify.ts";
import { revoke } from "../gate/revoke.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { authenticate, requireOrigin } from "./auth.ts";

/**
 * POST: takes the token's rights and clears the cookies. 200 also when there was nothing to take; only another page's
 * request (401) and a revocation that nobody could keep (503) are not.
 */
export const logOut: Handle = async (c, deps) => {
  requireOrigin(c, deps);
  const principal = await principalIn(c, deps);
  if (principal) {
    const exp = Math.ceil(principal.expiresAtMs / 1000) - auth.leewaySeconds;
    await revoke(deps, { jti: principal.jti, userId: principal.userId, exp }, "logout");
  }
  const domain = deps.cookieDomain === undefined ? "" : `; Domain=${deps.cookieDomain}`;
  const response = c.json({ success: true, data: { message: "Successfully logged out" } });
  for (const name of ["s_access", "s_refresh"]) {
    response.headers.append(
      "Set-Cookie",
      `${name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax${domain}`,
    );
  }
  return response;
};

async function principalIn(c: Ctx, deps: Deps): Promise<Principal | undefined> {
  try {
    return await authenticate(c, deps);
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== "UNAVAILABLE") return undefined;
    throw cause;
  }
}

export const logOutDoc: RouteDoc = {
  summary: "Log out",
  description:
    "Revokes the token, if one came along, and clears the cookies. 200 also when there was nothing to revoke.",
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
