import type { Ctx, Deps } from "../deps.ts";
import { TooMany } from "../limits/limits.ts";
import type { Principal } from "../gate/verify.ts";
import { authenticate } from "./auth.ts";
import type { Route } from "./route.ts";

/**
 * Lets a request in, or throws `UNAUTHORIZED`, `UNAVAILABLE` or `RATE_LIMITED`. Refused ones count for their
 * address too.
 */
export async function admit(c: Ctx, deps: Deps, route: Route): Promise<void> {
  if (route.isUncounted) return;
  let principal: Principal | undefined;
  let refusal: unknown;
  try {
    if (!route.isOpen) {
      principal = await authenticate(c, deps);
      c.set("principal", principal);
    }
  } catch (cause) {
    refusal = cause;
  }
  const asker = {
    userId: principal?.userId,
    peer: c.env?.peer?.(),
    forwardedFor: c.req.header("x-forwarded-for"),
  };
  try {
    c.set("headers", await deps.limits.count(asker, route.share));
  } catch (cause) {
    if (cause instanceof TooMany) c.set("headers", cause.headers);
    throw cause;
  }
  if (refusal !== undefined) throw refusal;
}
