import { cookiesNamed } from "../gate/credentials.ts";

/** Where and how the cookies of a sign-in are good. */
export interface CookieSettings {
  /** Undefined: the host that set them alone. */
  readonly domain: string | undefined;
  /** False only for plain http on a developer's machine. */
  readonly isSecure: boolean;
  readonly sameSite: "Lax" | "None";
}

export const accessCookie = "s_access";
export const refreshCookie = "s_refresh";

/** `Set-Cookie` of a token; 0 seconds take it away, by the same path and domain. */
export function tokenCookie(
  settings: CookieSettings,
  name: string,
  value: string,
  maxAgeSeconds: number,
): string {
  const domain = settings.domain === undefined ? "" : `; Domain=${settings.domain}`;
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly${rest(settings)}${domain}`;
}

/**
 * Takes away what this host set before it was given a domain: both would be sent, and two cookies of one name are
 * refused, so that nobody who was signed in then could ever be again. Comes before new ones: where host and domain are
 * the same name, some browsers keep one cookie.
 */
export function dropHostOnly(settings: CookieSettings, headers: Headers): void {
  if (settings.domain === undefined) return;
  const hostOnly = { ...settings, domain: undefined };
  for (const name of [accessCookie, refreshCookie]) {
    headers.append("Set-Cookie", tokenCookie(hostOnly, name, "", 0));
  }
}

/** Both, taken away. */
export function clearTokens(settings: CookieSettings, headers: Headers): void {
  dropHostOnly(settings, headers);
  for (const name of [accessCookie, refreshCookie]) {
    headers.append("Set-Cookie", tokenCookie(settings, name, "", 0));
  }
}

/** Ties a sign-in to the browser that began it. With `__Host-` no other host can have set it. */
export const browserCookieName = (settings: CookieSettings) =>
  settings.isSecure ? "__Host-s_oauth" : "s_oauth";

/** `Set-Cookie` of it. It must survive the way back from another site, so it is `Lax` at the least. */
export function browserCookie(settings: CookieSettings, value: string, seconds: number): string {
  const name = browserCookieName(settings);
  return `${name}=${value}; Max-Age=${seconds}; Path=/; HttpOnly${rest(settings)}`;
}

/** The only value a cookie has; undefined when there is none, and when there are two: one of them is not ours. */
export function onlyCookie(header: string | undefined, name: string): string | undefined {
  const found = cookiesNamed(header, name);
  return found.length === 1 && found[0] !== "" ? found[0] : undefined;
}

function rest({ isSecure, sameSite }: CookieSettings): string {
  return `${isSecure ? "; Secure" : ""}; SameSite=${sameSite}`;
}
