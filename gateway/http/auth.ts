import { AppError } from "../../shared/errors.ts";
import type { Ctx, Deps } from "../deps.ts";
import { credentialOf } from "../gate/credentials.ts";
import type { Principal } from "../gate/verify.ts";

/**
 * Who sent this request. A cookie travels by itself, so it counts for a write only from our own page or a listed
 * origin. Throws `UNAUTHORIZED`, `TOKEN_REVOKED` or `UNAVAILABLE`.
 */
export async function authenticate(c: Ctx, deps: Deps): Promise<Principal> {
  const { token, isCookie } = credentialOf(c.req.header("authorization"), c.req.header("cookie"));
  const isWrite = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (isCookie && isWrite) requireOrigin(c, deps);
  return deps.verify(token);
}

/** Throws `UNAUTHORIZED` for a page that is neither ours nor listed. */
export function requireOrigin(c: Ctx, deps: Deps): void {
  if (isAllowedOrigin(c, deps)) return;
  throw new AppError("UNAUTHORIZED", { detail: "this origin may not use the cookie" });
}

/** No `Origin`, and no browser that says so in another way: not a page. Otherwise the page must be ours or listed. */
function isAllowedOrigin(c: Ctx, deps: Deps): boolean {
  const origin = c.req.header("origin");
  if (origin === undefined)
    return !/^(cross-site|same-site)$/.test(c.req.header("sec-fetch-site") ?? "");
  if (deps.corsOrigins.includes(origin)) return true;
  const forwarded = deps.proxyHops > 0 ? c.req.header("x-forwarded-host") : undefined;
  const host = forwarded ?? c.req.header("host");
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
