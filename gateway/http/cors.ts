/** What a listed page may send: every header a route of ours reads. A page that sends another one gets no answer at all. */
const requestHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "X-Idempotency-Key",
  "X-Frontend-Origin",
  "Last-Event-ID",
  "X-Request-Id",
  "Traceparent",
];
const preflight = {
  "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "Access-Control-Allow-Headers": requestHeaders.join(", "),
  "Access-Control-Max-Age": "600",
} as const;

/** Credentials for the listed origins, by exact match; silence for every other. */
export function corsHeaders(
  origins: readonly string[],
  origin: string | undefined,
  isPreflight: boolean,
): Readonly<Record<string, string>> {
  if (origin === undefined || !origins.includes(origin)) return {};
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy",
    ...(isPreflight ? preflight : {}),
  };
}

/** Upload addresses and pictures: whoever knows one may use it, from any page, and nobody's cookie counts. */
export function isForAnyOrigin(path: string): boolean {
  return path.startsWith("/api/v1/images/_upload/") || path.startsWith("/api/v1/images/_cdn/");
}

/** For those paths, in place of `corsHeaders`. */
export const anyOriginHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "GET, HEAD, PUT, OPTIONS",
  "Access-Control-Allow-Headers": "Content-Type, Range, If-None-Match, If-Range",
  "Access-Control-Expose-Headers":
    "ETag, Content-Length, Content-Range, Accept-Ranges, X-Request-Id",
  "Access-Control-Max-Age": "600",
  "Cross-Origin-Resource-Policy": "cross-origin",
} as const;
