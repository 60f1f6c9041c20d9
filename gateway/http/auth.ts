import { getCookie } from "hono/cookie";
import { jwtVerify } from "jose";
import * as v from "valibot";
import type { Clock } from "../../shared/clock.ts";
import { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import type { Ctx, Deps } from "../deps.ts";

/** Clocks of issuer and gateway may differ by this much. */
const leewaySeconds = 30;

/** Who asks, proven by a token. */
export interface Principal {
  readonly userId: UserId;
  /** Wall ms after which nothing may be open for this token any more: its `exp` and the leeway. */
  readonly expiresAtMs: number;
}
/** Throws `UNAUTHORIZED`. */
export type Verify = (token: string) => Promise<Principal>;

const Claims = v.object({
  sub: UserId,
  exp: v.pipe(v.number(), v.finite()),
  jti: v.pipe(v.string(), v.minLength(1)),
});

interface TokenRules {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

/** HS256 and nothing else; `exp`, `iss`, `aud`, `sub` and `jti` must be there. */
export function createVerify(rules: TokenRules, clock: Clock): Verify {
  const key = new TextEncoder().encode(rules.secret);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ["HS256"],
        issuer: rules.issuer,
        audience: rules.audience,
        requiredClaims: ["exp", "sub", "jti"],
        clockTolerance: leewaySeconds,
        currentDate: new Date(clock.wallMs()),
      });
      const claims = v.parse(Claims, payload);
      return { userId: claims.sub, expiresAtMs: (claims.exp + leewaySeconds) * 1000 };
    } catch (cause) {
      throw new AppError("UNAUTHORIZED", { cause });
    }
  };
}

/**
 * Who sent this request: `Authorization: Bearer`, else the cookie `s_access`. A cookie travels by itself, so it
 * counts for a write only from our own page or a listed origin. Throws `UNAUTHORIZED`.
 */
export async function authenticate(c: Ctx, deps: Deps): Promise<Principal> {
  const header = c.req.header("authorization");
  const bearer = header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (bearer !== undefined) return deps.verify(bearer);
  const cookie = header === undefined ? getCookie(c, "s_access") : undefined;
  if (cookie === undefined) throw new AppError("UNAUTHORIZED");
  const isWrite = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (isWrite && !isAllowedOrigin(c, deps)) {
    throw new AppError("UNAUTHORIZED", { detail: "this origin may not use the cookie" });
  }
  return deps.verify(cookie);
}

/** No `Origin`: not a page. Otherwise the page must be ours or listed. */
function isAllowedOrigin(c: Ctx, deps: Deps): boolean {
  const origin = c.req.header("origin");
  if (origin === undefined || deps.corsOrigins.includes(origin)) return true;
  const forwarded = deps.proxyHops > 0 ? c.req.header("x-forwarded-host") : undefined;
  const host = forwarded ?? c.req.header("host");
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
