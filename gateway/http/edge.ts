import type { MiddlewareHandler } from "hono";
import type { AppEnv, Deps } from "../deps.ts";
import { anyOriginHeaders, corsHeaders, isForAnyOrigin } from "./cors.ts";
import { requestId } from "./request-id.ts";

/** For what is no page: nothing in it may run, be framed, be guessed at or be kept. The page brings its own. */
const closed = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
} as const;
const always = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;
/** Behind a proxy of ours the world speaks TLS. */
const tlsOnly = { "Strict-Transport-Security": "max-age=31536000" } as const;

/**
 * What every answer carries: its request id, CORS for listed origins, and the headers that keep browsers strict. Set
 * on the finished answer: what is set on Hono's context before is lost where a handler makes its own Response, as
 * streams do.
 */
export function edge({ corsOrigins, proxyHops }: Deps): MiddlewareHandler<AppEnv> {
  const fixed = Object.entries({ ...always, ...(proxyHops > 0 ? tlsOnly : {}) });
  return async (c, next) => {
    const id = requestId(c.req.header("x-request-id"));
    c.set("requestId", id);
    const isPreflight =
      c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
    if (isPreflight) c.res = new Response(null, { status: 204 });
    else await next();
    const { headers } = c.res;
    headers.set("X-Request-Id", id);
    for (const [name, value] of fixed) headers.set(name, value);
    for (const [name, value] of Object.entries(closed)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    for (const [name, value] of Object.entries(c.get("headers") ?? {})) headers.set(name, value);
    const isForAny = isForAnyOrigin(c.req.path);
    const cors = isForAny
      ? anyOriginHeaders
      : corsHeaders(corsOrigins, c.req.header("origin"), isPreflight);
    for (const [name, value] of Object.entries(cors)) headers.set(name, value);
    if (corsOrigins.length > 0 && !isForAny) headers.append("Vary", "Origin");
  };
}
