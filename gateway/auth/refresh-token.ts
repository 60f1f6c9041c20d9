import { errors } from "jose";
import * as v from "valibot";
import { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { auth as limits } from "../../shared/limits.ts";
import type { Ctx, Deps } from "../deps.ts";
import { cookiesNamed } from "../gate/credentials.ts";
import { payloadOf, TokenId } from "../gate/verify.ts";
import { requireOrigin } from "../http/auth.ts";
import { refreshCookie } from "./cookies.ts";
import type { Facts } from "./issue.ts";

const Claims = v.object({
  sub: UserId,
  jti: TokenId,
  sid: TokenId,
  iat: v.pipe(v.number(), v.integer()),
  provider: v.pipe(v.string(), v.regex(/^[a-z]{1,20}$/)),
});

const bearer = /^Bearer ([\x21-\x2b\x2d-\x7e]{1,4096})$/i;

/**
 * The refresh token of a request: `X-Refresh-Token: Bearer`, else the cookie, else `Authorization`. A cookie counts
 * only from a page that may. Throws `REFRESH_TOKEN_REQUIRED`, `INVALID_TOKEN` (two cookies of one name) or
 * `UNAUTHORIZED`.
 */
export function refreshTokenIn(c: Ctx, deps: Deps): string {
  const header = c.req.header("x-refresh-token");
  if (header !== undefined) return bearer.exec(header)?.[1] ?? fail("INVALID_TOKEN");
  const [cookie, ...others] = cookiesNamed(c.req.header("cookie"), refreshCookie);
  if (cookie !== undefined && cookie !== "") {
    if (others.length > 0) throw new AppError("INVALID_TOKEN");
    requireOrigin(c, deps);
    return cookie;
  }
  const authorization = c.req.header("authorization");
  if (authorization === undefined) throw new AppError("REFRESH_TOKEN_REQUIRED");
  return bearer.exec(authorization)?.[1] ?? fail("INVALID_TOKEN");
}

/** Signature, times, issuer, audience and purpose. Throws `INVALID_TOKEN`, `TOKEN_EXPIRED` or `TOKEN_TYPE_MISMATCH`. */
export async function readRefreshToken(
  token: string,
  { auth, clock }: Pick<Deps, "auth" | "clock">,
): Promise<Facts> {
  if (token.length > limits.tokenChars) throw new AppError("INVALID_TOKEN");
  let payload: Awaited<ReturnType<typeof payloadOf>>;
  try {
    payload = await payloadOf(token, auth.rules, clock);
  } catch (cause) {
    const isOver = cause instanceof errors.JWTExpired;
    throw new AppError(isOver ? "TOKEN_EXPIRED" : "INVALID_TOKEN", { cause });
  }
  if (payload["type"] !== "refresh") throw new AppError("TOKEN_TYPE_MISMATCH");
  const claims = v.safeParse(Claims, payload);
  if (!claims.success) throw new AppError("INVALID_TOKEN");
  const { sub: userId, jti: refreshJti, sid: session, iat: issuedAt, provider } = claims.output;
  return { userId, refreshJti, session, issuedAt, provider, accessJti: "" };
}

function fail(code: "INVALID_TOKEN"): never {
  throw new AppError(code);
}
