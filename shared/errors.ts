/** What the caller should do about an error code. */
type Remedy = "retry" | "reject" | "bug";

/** Every error code of the product. The gateway gives each an HTTP status (`gateway/http/fail.ts`). */
const remedies = {
  MESSAGE_REQUIRED: "reject",
  VALIDATION_ERROR: "reject",
  BAD_JSON: "reject",
  UNSUPPORTED_MEDIA_TYPE: "reject",
  PAYLOAD_TOO_LARGE: "reject",
  INVALID_JOB_ID: "reject",
  INVALID_CURSOR: "reject",
  USER_ID_REQUIRED: "reject",
  UNSUPPORTED_SERVICE: "reject",
  UNAUTHORIZED: "reject",
  TOKEN_REVOKED: "reject",
  OAUTH_NOT_CONFIGURED: "reject",
  REFRESH_TOKEN_REQUIRED: "reject",
  INVALID_TOKEN: "reject",
  TOKEN_EXPIRED: "reject",
  TOKEN_TYPE_MISMATCH: "reject",
  SESSION_ENDED: "reject",
  SESSION_WITHOUT_USER: "reject",
  NOT_FOUND: "reject",
  METHOD_NOT_ALLOWED: "reject",
  UPGRADE_REQUIRED: "reject",
  MISROUTED: "reject",
  CHAT_NOT_FOUND: "reject",
  JOB_NOT_FOUND: "reject",
  JOB_NOT_WAITING: "reject",
  JOB_FINISHED: "reject",
  CHAT_BUSY: "reject",
  EMPTY_MESSAGE: "reject",
  INVALID_SESSION_ID: "reject",
  SESSION_NOT_FOUND: "reject",
  SESSION_BUSY: "retry",
  IDEMPOTENCY_CONFLICT: "reject",
  UPLOAD_REFUSED: "reject",
  UPLOADER_MISMATCH: "reject",
  CHANNEL_MISMATCH: "reject",
  UPLOAD_NOT_FOUND: "reject",
  RANGE_NOT_SATISFIABLE: "reject",
  USER_NOT_FOUND: "reject",
  NO_CHANGES_PROVIDED: "reject",
  INVALID_PHONE_NUMBER: "reject",
  PHONE_NUMBER_IN_USE: "reject",
  INVALID_CATEGORY: "reject",
  INVALID_SOURCE: "reject",
  INVALID_CURSOR_FORMAT: "reject",
  IMAGE_URL_REQUIRED: "reject",
  IMAGE_HOST_NOT_ALLOWED: "reject",
  UNSUPPORTED_MODEL: "reject",
  RESULT_NOT_FOUND: "reject",
  RATE_LIMITED: "retry",
  BUDGET_EXHAUSTED: "retry",
  JOB_SUBMIT_FAILED: "retry",
  UNAVAILABLE: "retry",
  MODEL_BUSY: "retry",
  MODEL_FAILED: "reject",
  NOT_CONFIGURED: "reject",
  ATTEMPT_STALE: "reject",
  JOB_ENDED: "reject",
  STREAM_FULL: "reject",
  ANSWER_TOO_LARGE: "reject",
  NODE_FAILED: "reject",
  TIMEOUT: "reject",
  START_CHECK_FAILED: "bug",
  INVALID_STORE_CATEGORY: "reject",
  INVALID_PICKUP_CATEGORY: "reject",
  LOCATION_NOT_FOUND: "reject",
  KAKAO_API_UNAVAILABLE: "retry",
  INTERNAL: "bug",
} as const satisfies Record<string, Remedy>;

export type Code = keyof typeof remedies;

/** One problem of an input: where, and what is allowed. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

interface Details {
  /** A sentence for the caller; never an inner exception's text. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** For codes whose remedy is retry. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error with a code that says what the caller should do; the cause is kept for the log. */
export class AppError extends Error {
  readonly code: Code;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: Code, details: Details = {}) {
    super(code, { cause: details.cause });
    this.name = "AppError";
    this.code = code;
    this.detail = details.detail;
    this.errors = details.errors;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Anything unknown is a bug. */
export function remedyOf(cause: unknown): Remedy {
  return cause instanceof AppError ? remedies[cause.code] : "bug";
}
