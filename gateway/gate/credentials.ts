import { AppError } from "../../shared/errors.ts";

/** Every value a `Cookie` header has for this name. Names are compared whole: `xs_access` is another cookie. */
export function cookiesNamed(header: string | undefined, name: string): string[] {
  if (header === undefined || !header.includes(name)) return [];
  const found: string[] = [];
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      found.push(pair.slice(equals + 1).trim());
  }
  return found;
}

/** A token as a request brought it. A token in the URL is none. */
export interface Credential {
  readonly token: string;
  /** A cookie travels by itself: it says nothing about who sent the request. */
  readonly isCookie: boolean;
}

/** Of a request that brought none. */
export const noCredential = () =>
  new AppError("UNAUTHORIZED", { detail: "Missing Authorization header" });

/**
 * `Authorization: Bearer`, else the cookie. Throws `UNAUTHORIZED` when there is neither, and for two cookies of
 * one name: one of them was put there by somebody who could not take the other away.
 */
export function credentialOf(
  authorization: string | undefined,
  cookie: string | undefined,
): Credential {
  if (authorization !== undefined) {
    const token = authorization.slice(7).trim();
    const isBearer = /^bearer /i.test(authorization.slice(0, 7));
    if (!isBearer || token === "" || /[\s,]/.test(token)) throw new AppError("UNAUTHORIZED");
    return { token, isCookie: false };
  }
  const [token, ...others] = cookiesNamed(cookie, "s_access");
  if (token === undefined || token === "") throw noCredential();
  if (others.length > 0) throw new AppError("UNAUTHORIZED");
  return { token, isCookie: true };
}
