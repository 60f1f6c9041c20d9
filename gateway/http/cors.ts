const preflight = {
  "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
  "Access-Control-Allow-Headers":
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id, Traceparent",
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
