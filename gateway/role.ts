import { type Role, roles } from "./config.ts";

const usage = `Usage: bun gateway/main.ts [api|sse|all]

The HTTP side of eco2: api takes messages and serves chats, sse streams answers, all (default) does both.
Needs REDIS_STREAMS_URL, REDIS_PUBSUB_URL, RABBITMQ_URL, DATABASE_URL and JWT_SECRET; takes JWT_ISS, JWT_AUD,
JWT_KID, JWT_SECRET_OLD and JWT_KID_OLD (while keys are rotated), JWT_JWKS (a set of public ES256 and EdDSA keys),
JWT_SIGNING_KEY (a private JWK of either kind, instead of JWT_SECRET), PORT, HOST, ADMIN_PORT, LOG_LEVEL, CORS_ORIGINS, INSTANCE, SSE_MAX_READERS (503 above it), WEB_DIR (a built page to
serve), CACHE_NAMESPACE (what keys of locks and assistant memories begin with: eco2), TRUSTED_PROXY (how many proxies
are in front), and the limits of users and addresses:
LIMIT_MESSAGES_PER_MINUTE, LIMIT_JOBS_AT_ONCE, LIMIT_STREAMS_AT_ONCE, LIMIT_STREAM_OPENS_PER_SECOND,
LIMIT_ADDRESS_REQUESTS_PER_SECOND. The assistant: LIMIT_ASSISTANT_PER_MINUTE, ASSISTANT_SESSION_TTL (seconds, 0: for ever).
Rooms: ROOM_AUTH (required, or optional: who sends no token may talk), ROOM_TEXT_CHARS (4000 at most), ROOM_SOCKETS,
ROOM_MESSAGES_PER_10S, ROOM_INVOKES_PER_MINUTE, ROOM_ALL_INVOKES_PER_MINUTE, ROOM_HISTORY_PER_MINUTE.
All sockets: WS_FRAME_BYTES, WS_FRAME_BURST and WS_FRAMES_PER_SECOND (of one socket).

Sign-in: OAUTH_{GOOGLE,KAKAO,NAVER}_CLIENT_ID, _CLIENT_SECRET, _REDIRECT_URI (exact, a comma list; default
{PUBLIC_API_BASE}/api/v1/auth/{service}/callback) and _BASE_URL (another origin for the service: tests); FRONTEND_URL (where
people go afterwards; default: our own page), AUTH_ACCESS_TTL_MINUTES (180), AUTH_REFRESH_TTL_DAYS (30), AUTH_COOKIE_DOMAIN,
AUTH_COOKIE_SAMESITE (Lax or None), AUTH_COOKIE_SECURE (1; 0 for plain http), AUTH_STATE_COOKIE (1: the way back must be made
by the browser that began), AUTH_DEV_LOGIN (0; 1 lets anybody be anybody: only with HOST=127.0.0.1 and never with
NODE_ENV=production). Budget of models: BUDGET_USER_TOKENS_PER_DAY, BUDGET_TOTAL_TOKENS_PER_DAY (0: none).

Pictures are kept in IMAGE_DIR (a folder) or in a bucket (S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID,
S3_SECRET_ACCESS_KEY); either needs PUBLIC_API_BASE (where clients reach us) and IMAGE_SECRET (32 characters or more, signs
upload addresses; workers need it to store what they draw). IMAGE_CDN_BASE says where pictures are read, when not from us or
from the bucket; LIMIT_UPLOADS_PER_MINUTE how many addresses a user gets. Without a store the routes answer 501.

Traces go to OTEL_EXPORTER_OTLP_ENDPOINT, by the standard OTEL_* variables.`;

/** The role the arguments ask for. Prints the usage and exits for `--help` (0) and for anything unknown (2). */
export function readRole(args: readonly string[]): Role {
  const [word = "all", ...rest] = args;
  const role = roles.find((known) => known === word);
  if (role && rest.length === 0) return role;
  const isHelp = word === "--help" || word === "-h";
  process.stdout.write(`${isHelp ? "" : `unknown: ${args.join(" ")}\n\n`}${usage}\n`);
  process.exit(isHelp ? 0 : 2);
}
