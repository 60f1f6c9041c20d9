/** What may go into logs and headers as it came. */
const safe = /^[\w.-]{1,64}$/;

/** The caller's `X-Request-Id` when it is safe, else a new one. */
export function requestId(given: string | undefined): string {
  return given !== undefined && safe.test(given) ? given : crypto.randomUUID();
}
