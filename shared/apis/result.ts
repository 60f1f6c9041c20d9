/**
 * What went wrong with an outside service, whatever its own way of saying so.
 * `not_found` is a valid call without rows: not an outage, so it never feeds a breaker.
 */
export type FailureKind =
  | "not_configured"
  | "auth"
  | "quota"
  | "invalid_request"
  | "not_found"
  | "timeout"
  | "network"
  | "upstream"
  | "bad_response";

export interface Failure {
  readonly ok: false;
  readonly kind: FailureKind;
  /** HTTP status, when an answer came. */
  readonly status?: number | undefined;
  /** The provider's own code, or ours for a refused argument (`swapped_coordinates`, …). */
  readonly providerCode?: string | undefined;
  /** For logs: redacted, one line, at most about 300 characters. Never for a person. */
  readonly message: string;
  /** The same call may work a moment later. */
  readonly retriable: boolean;
}

/** Clients of outside services never throw: every call ends as one of these. */
export type ApiResult<T> = { readonly ok: true; readonly data: T } | Failure;

const passing: readonly FailureKind[] = ["timeout", "network", "upstream"];

export function succeed<T>(data: T): { readonly ok: true; readonly data: T } {
  return { ok: true, data };
}

/** `retriable` follows from the kind unless given. */
export function fail(
  kind: FailureKind,
  message: string,
  more: { status?: number; providerCode?: string | undefined; retriable?: boolean } = {},
): Failure {
  return { ok: false, kind, message, retriable: passing.includes(kind), ...more };
}

/** Every method of a client without a key answers with this. */
export function notConfigured(provider: string): () => Promise<Failure> {
  return () => Promise.resolve(fail("not_configured", `${provider}: no key is configured`));
}

/** What an HTTP status alone says. `detail` is the provider's own sentence, not yet redacted. */
export function failByStatus(status: number, detail: string, providerCode?: string): Failure {
  const more = { status, providerCode };
  if (status === 401 || status === 403) return fail("auth", detail, more);
  if (status === 429) return fail("quota", detail, { ...more, retriable: true });
  if (status === 408) return fail("upstream", detail, more);
  if (status >= 500) {
    return fail("upstream", detail, { ...more, retriable: [500, 502, 503, 504].includes(status) });
  }
  if (status >= 400) return fail("invalid_request", detail, more);
  return fail("bad_response", detail, more);
}
