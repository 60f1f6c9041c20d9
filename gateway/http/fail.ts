import { AppError, type Code } from "../../shared/errors.ts";
import type { Ctx } from "../deps.ts";
import { isStoreAway } from "../stores.ts";

/**
 * The only place that knows both codes and statuses. 403 is for revoked tokens alone where the existing client asks
 * by itself: it logs its user out on it. An upload it sends bare, and another's upload it never asks about.
 */
const statuses = {
  MESSAGE_REQUIRED: 400,
  VALIDATION_ERROR: 422,
  BAD_JSON: 400,
  UNSUPPORTED_MEDIA_TYPE: 415,
  PAYLOAD_TOO_LARGE: 413,
  INVALID_JOB_ID: 400,
  INVALID_CURSOR: 400,
  USER_ID_REQUIRED: 400,
  UNSUPPORTED_SERVICE: 400,
  UNAUTHORIZED: 401,
  TOKEN_REVOKED: 403,
  OAUTH_NOT_CONFIGURED: 503,
  REFRESH_TOKEN_REQUIRED: 401,
  INVALID_TOKEN: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_TYPE_MISMATCH: 400,
  SESSION_ENDED: 401,
  SESSION_WITHOUT_USER: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UPGRADE_REQUIRED: 426,
  MISROUTED: 421,
  CHAT_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  JOB_NOT_WAITING: 409,
  JOB_FINISHED: 409,
  CHAT_BUSY: 409,
  EMPTY_MESSAGE: 400,
  INVALID_SESSION_ID: 400,
  SESSION_NOT_FOUND: 404,
  SESSION_BUSY: 409,
  IDEMPOTENCY_CONFLICT: 422,
  UPLOAD_REFUSED: 403,
  UPLOADER_MISMATCH: 403,
  CHANNEL_MISMATCH: 400,
  UPLOAD_NOT_FOUND: 404,
  RANGE_NOT_SATISFIABLE: 416,
  USER_NOT_FOUND: 404,
  NO_CHANGES_PROVIDED: 422,
  INVALID_PHONE_NUMBER: 422,
  PHONE_NUMBER_IN_USE: 409,
  INVALID_CATEGORY: 400,
  INVALID_SOURCE: 400,
  INVALID_CURSOR_FORMAT: 400,
  IMAGE_URL_REQUIRED: 400,
  IMAGE_HOST_NOT_ALLOWED: 400,
  UNSUPPORTED_MODEL: 400,
  RESULT_NOT_FOUND: 404,
  RATE_LIMITED: 429,
  BUDGET_EXHAUSTED: 429,
  JOB_SUBMIT_FAILED: 503,
  UNAVAILABLE: 503,
  MODEL_BUSY: 503,
  MODEL_FAILED: 502,
  NOT_CONFIGURED: 501,
  ATTEMPT_STALE: 409,
  JOB_ENDED: 409,
  STREAM_FULL: 503,
  ANSWER_TOO_LARGE: 413,
  NODE_FAILED: 502,
  TIMEOUT: 504,
  START_CHECK_FAILED: 500,
  INVALID_STORE_CATEGORY: 400,
  INVALID_PICKUP_CATEGORY: 400,
  LOCATION_NOT_FOUND: 404,
  KAKAO_API_UNAVAILABLE: 503,
  INTERNAL: 500,
} as const satisfies Record<Code, number>;

/** What a client reads where the contract has one word for two statuses. */
const wireNames: Partial<Record<Code, string>> = {
  SESSION_ENDED: "TOKEN_REVOKED",
  SESSION_WITHOUT_USER: "USER_NOT_FOUND",
};

/** Sentences for people; a thrower may bring a better one. */
const sentences: Partial<Record<Code, string>> = {
  MESSAGE_REQUIRED: "message must not be blank",
  VALIDATION_ERROR: "the request does not fit its schema",
  BAD_JSON: "the body is not JSON",
  UNSUPPORTED_MEDIA_TYPE: "send application/json in UTF-8",
  PAYLOAD_TOO_LARGE: "the body is too large",
  UNAUTHORIZED: "Invalid token",
  TOKEN_REVOKED: "Token is blacklisted",
  OAUTH_NOT_CONFIGURED: "this way to sign in is not set up here",
  REFRESH_TOKEN_REQUIRED: "Refresh token is required",
  INVALID_TOKEN: "this is no refresh token of ours",
  TOKEN_EXPIRED: "the refresh token has run out",
  TOKEN_TYPE_MISMATCH: "an access token cannot be refreshed with",
  SESSION_ENDED: "this session has ended",
  SESSION_WITHOUT_USER: "the account of this session is gone",
  NOT_FOUND: "there is nothing here",
  INVALID_CURSOR: "before and after are ids of entries",
  USER_ID_REQUIRED: "userId must not be blank",
  METHOD_NOT_ALLOWED: "this method is not allowed here",
  UPGRADE_REQUIRED: "this is a WebSocket: ask for an upgrade",
  MISROUTED: "this process does not serve streams",
  CHAT_NOT_FOUND: "chat not found",
  JOB_NOT_FOUND: "job not found",
  JOB_NOT_WAITING: "the job is not waiting for input",
  JOB_FINISHED: "the job has ended",
  CHAT_BUSY: "another answer of this chat is being written",
  EMPTY_MESSAGE: "message empty",
  INVALID_SESSION_ID: "session_id has 1 to 128 letters, digits, _ and -",
  SESSION_NOT_FOUND: "session not found",
  SESSION_BUSY: "session busy",
  IDEMPOTENCY_CONFLICT: "this Idempotency-Key was used with another body",
  UPLOAD_REFUSED: "this upload address is not good",
  UPLOADER_MISMATCH: "this upload belongs to somebody else",
  CHANNEL_MISMATCH: "this upload belongs to another channel",
  UPLOAD_NOT_FOUND: "there is no such upload",
  RANGE_NOT_SATISFIABLE: "the range is outside the picture",
  NOT_CONFIGURED: "this is not set up here",
  USER_NOT_FOUND: "user not found",
  NO_CHANGES_PROVIDED: "give a nickname or a phone_number",
  INVALID_PHONE_NUMBER: "phone_number must be a Korean mobile number such as 010-1234-5678",
  PHONE_NUMBER_IN_USE: "another account has this phone number",
  IMAGE_URL_REQUIRED: "image_url must say where the picture is",
  IMAGE_HOST_NOT_ALLOWED: "image_url must be an address this service gave for an upload",
  RESULT_NOT_FOUND: "there is no scan of that id",
  INVALID_CURSOR_FORMAT: "cursor must be the next_cursor of an earlier page",
  JOB_SUBMIT_FAILED: "the message could not be taken, please send it again",
  RATE_LIMITED: "too many requests",
  LOCATION_NOT_FOUND: "location not found",
  KAKAO_API_UNAVAILABLE: "the place search does not answer right now",
  BUDGET_EXHAUSTED: "today's share of the models is used up; it begins anew at midnight in Seoul",
  UNAVAILABLE: "the service is not available right now",
};

const retryAfterDefault = 2;

/** What the outside hears of an error. Anything unknown is `INTERNAL`, without a word about its cause. */
export function asAppError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError(isStoreAway(cause) ? "UNAVAILABLE" : "INTERNAL", { cause });
}

export function statusOf(code: Code): (typeof statuses)[Code] {
  return statuses[code];
}

/** As a client reads it. */
export function wireNameOf(code: Code): string {
  return wireNames[code] ?? code;
}

/** The one error shape. */
export function fail(error: AppError, c: Ctx): Response {
  const status = statusOf(error.code);
  if (status === 503 || status === 429 || error.code === "SESSION_BUSY") {
    c.header("Retry-After", String(error.retryAfterSeconds ?? retryAfterDefault));
  }
  return c.json(
    {
      detail: error.detail ?? sentences[error.code] ?? "the request failed",
      code: wireNameOf(error.code),
      request_id: c.get("requestId"),
      ...(error.errors ? { errors: error.errors } : {}),
    },
    status,
  );
}
