import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../deps.ts";

const allowed = {
  "access-control-allow-methods": "GET, POST, PATCH, DELETE, OPTIONS",
  "access-control-allow-headers":
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id, Traceparent",
  "access-control-max-age": "600",
} as const;

/** Credentials for the listed origins, by exact match; silence for every other. */
export function cors(origins: readonly string[]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const origin = c.req.header("origin");
    const isListed = origin !== undefined && origins.includes(origin);
    if (origins.length > 0) c.header("Vary", "Origin");
    if (isListed) {
      c.header("Access-Control-Allow-Origin", origin);
      c.header("Access-Control-Allow-Credentials", "true");
      c.header(
        "Access-Control-Expose-Headers",
        "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy",
      );
    }
    const isPreflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method");
    if (!isPreflight) return next();
    if (isListed) for (const [name, value] of Object.entries(allowed)) c.header(name, value);
    return c.body(null, 204);
  };
}
