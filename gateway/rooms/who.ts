import type { Ctx, Deps } from "../deps.ts";
import { noCredential } from "../gate/credentials.ts";
import type { Principal } from "../gate/verify.ts";
import { authenticate } from "../http/auth.ts";
import { clientAddress, countedAs } from "../limits/address.ts";

/**
 * Who asks over HTTP; undefined where nobody need be anybody and no token was sent. Throws `UNAUTHORIZED`,
 * `TOKEN_REVOKED` or `UNAVAILABLE`.
 */
export async function whoAsks(c: Ctx, deps: Deps): Promise<Principal | undefined> {
  const sentNone =
    c.req.header("authorization") === undefined &&
    !/(^|;)\s*s_access\s*=/.test(c.req.header("cookie") ?? "");
  if (sentNone && deps.rooms.needsToken) throw noCredential();
  return sentNone ? undefined : await authenticate(c, deps);
}

/** Where somebody without a name is counted. */
export function addressOf(c: Ctx, deps: Deps): string {
  const forwarded = c.req.header("x-forwarded-for");
  return countedAs(clientAddress(c.env?.peer?.(), forwarded, deps.proxyHops) ?? "::1");
}
