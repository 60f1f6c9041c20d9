/**
 * What went wrong with a model. `quota`: the account is used up, waiting does not help; `rate_limited`: it
 * does. `cut_off`: the stream ended before the model was done. `content_filter`: the provider refused.
 */
export type ModelErrorKind =
  | "auth"
  | "quota"
  | "rate_limited"
  | "invalid_request"
  | "timeout"
  | "network"
  | "upstream"
  | "bad_response"
  | "content_filter"
  | "cut_off";

interface Details {
  readonly status?: number | undefined;
  readonly providerCode?: string | undefined;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string | undefined;
  /** How long the provider asked to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Nothing of the answer was handed out yet: another try, or another provider, shows no seam. */
  readonly beforeFirstToken?: boolean;
  readonly cause?: unknown;
}

const passing: readonly ModelErrorKind[] = [
  "rate_limited",
  "timeout",
  "network",
  "upstream",
  "cut_off",
];

/** Thrown by model clients. The message is redacted, one line, and never for a person. */
export class ModelError extends Error {
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  readonly providerCode: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly beforeFirstToken: boolean;

  constructor(kind: ModelErrorKind, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.name = "ModelError";
    this.kind = kind;
    this.status = details.status;
    this.providerCode = details.providerCode;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.beforeFirstToken = details.beforeFirstToken ?? true;
  }

  /** The same call may work a moment later. */
  get isPassing(): boolean {
    return passing.includes(this.kind);
  }
}

/** The same error, told after part of the answer was handed out. Anything else stays as it is. */
export function afterFirstToken(cause: unknown): unknown {
  if (!(cause instanceof ModelError)) return cause;
  const { kind, message, status, providerCode, requestId, retryAfterMs } = cause;
  return new ModelError(kind, message, {
    status,
    providerCode,
    requestId,
    retryAfterMs,
    beforeFirstToken: false,
    cause: cause.cause,
  });
}
