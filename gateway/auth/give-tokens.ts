import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { accessCookie, dropHostOnly, refreshCookie, tokenCookie } from "./cookies.ts";
import type { Facts, Pair } from "./issue.ts";
import { type Device, openSession } from "./sessions.ts";

/** A new pair's facts, of a new session unless one is given. */
export function newFacts(
  deps: Pick<Deps, "clock">,
  about: Pick<Facts, "userId" | "provider"> & { readonly session?: string },
): Facts {
  return {
    session: crypto.randomUUID(),
    ...about,
    refreshJti: crypto.randomUUID(),
    accessJti: crypto.randomUUID(),
    issuedAt: Math.floor(deps.clock.wallMs() / 1000),
  };
}

/** Throws `OAUTH_NOT_CONFIGURED` where there is no key to sign with. */
export function issuePair(deps: Pick<Deps, "auth">, facts: Facts): Promise<Pair> {
  if (!deps.auth.issue) throw new AppError("OAUTH_NOT_CONFIGURED", { retryAfterSeconds: 3600 });
  return deps.auth.issue(facts);
}

/** Begins a session of a person who proved who they are. Throws what Redis throws. */
export async function signedIn(
  deps: Deps,
  userId: UserId,
  provider: string,
  device: Device,
): Promise<{ pair: Pair; facts: Facts }> {
  const facts = newFacts(deps, { userId, provider });
  const pair = await issuePair(deps, facts);
  await openSession(deps, facts, device);
  return { pair, facts };
}

/** Both cookies, each for as long as its token. */
export function setTokens(
  { auth }: { readonly auth: Pick<Deps["auth"], "cookies" | "accessSeconds" | "refreshSeconds"> },
  headers: Headers,
  pair: Pair,
): void {
  const { cookies, accessSeconds, refreshSeconds } = auth;
  dropHostOnly(cookies, headers);
  headers.append("Set-Cookie", tokenCookie(cookies, accessCookie, pair.access, accessSeconds));
  headers.append("Set-Cookie", tokenCookie(cookies, refreshCookie, pair.refresh, refreshSeconds));
}
