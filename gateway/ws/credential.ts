import { AppError } from "../../shared/errors.ts";
import type { Ctx } from "../deps.ts";
import { credentialOf } from "../gate/credentials.ts";

/** The subprotocol a browser names before its token: it can set no header. */
const bearer = "bearer";

export interface SocketCredential {
  /** Undefined: none was sent. */
  readonly token: string | undefined;
  /** What the answer must name, when the token came as a subprotocol. */
  readonly protocol: string | undefined;
}

/**
 * The token of an upgrade: `Authorization`, the subprotocols `bearer, <token>`, or the cookie. Throws
 * `UNAUTHORIZED` for two cookies of the name.
 */
export function socketCredential(c: Ctx): SocketCredential {
  const offered = (c.req.header("sec-websocket-protocol") ?? "")
    .split(",")
    .map((one) => one.trim());
  const isOffered = offered[0] === bearer && offered.length === 2;
  const protocol = isOffered ? bearer : undefined;
  const authorization = c.req.header("authorization");
  if (authorization === undefined && isOffered) return { token: offered[1], protocol };
  const cookie = c.req.header("cookie");
  if (authorization === undefined && !/(^|;)\s*s_access\s*=/.test(cookie ?? "")) {
    return { token: undefined, protocol };
  }
  const { token } = credentialOf(authorization, cookie);
  if (token === "") throw new AppError("UNAUTHORIZED");
  return { token, protocol };
}
