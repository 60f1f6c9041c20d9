import { AppError } from "../../shared/errors.ts";
import type { Ctx } from "../deps.ts";
import type { Provider } from "../users/accounts.ts";

export const devPath = "/api/v1/auth/dev";

/** Where the development sign-in comes back to. Throws `NOT_FOUND` unless this machine was called by its own name. */
export function devRedirectUri(c: Ctx, provider: Provider): string {
  return `${ownOrigin(c)}/api/v1/auth/${provider}/callback`;
}

/** The page that stands in for a service. */
export function devAuthorizeUrl(provider: Provider, redirectUri: string, state: string): string {
  const url = new URL(`${devPath}/authorize`, redirectUri);
  url.search = new URLSearchParams({ provider, redirect_uri: redirectUri, state }).toString();
  return url.href;
}

/**
 * `http://localhost:8000` and the like. A page elsewhere whose name was made to lead here (DNS rebinding) calls us by
 * that name, and gets nothing.
 */
export function ownOrigin(c: Ctx): string {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(host)) throw new AppError("NOT_FOUND");
  return `http://${host}`;
}
