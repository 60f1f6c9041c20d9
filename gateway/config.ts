import * as v from "valibot";
import { envFlag, envInteger, envUrl, readEnv, envNamespace, envRedisUrl } from "../shared/env.ts";
import { assistant, budget, quota, rooms, signIn, ws } from "../shared/limits.ts";
import { OriginUrl, problemsOf, signInSettings, Switch } from "./auth/sign-in-env.ts";
import { Kid, KeySet, PrivateJwk, publicHalf, secretKey } from "./gate/keyring.ts";
import { logLevels } from "../shared/log.ts";
import { imageEnv, imageSettings, problemOfImageEnv } from "./images/settings.ts";

export const roles = ["api", "sse", "all"] as const;
export type Role = (typeof roles)[number];

const Port = envInteger(0, 65_535);

/** How many proxies of ours are in front: exactly, or `X-Forwarded-For` can be forged. */
const Hops = v.pipe(
  v.string(),
  v.regex(
    /^(true|false|[0-9])$/,
    "must be the number of proxies in front, 0 to 9 (true: 1, false: 0)",
  ),
  v.transform((text) => (text === "true" ? 1 : text === "false" ? 0 : Number(text))),
);

const Secret = v.pipe(v.string(), v.minLength(32, "must have at least 32 characters"));

const Origins = v.pipe(
  v.string(),
  v.transform((list) =>
    list
      .split(",")
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ""),
  ),
  v.check(
    (origins) =>
      origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    "must be a comma list of exact origins such as https://eco2.example (no *, no path)",
  ),
);

const Env = v.pipe(
  v.object({
    REDIS_STREAMS_URL: envRedisUrl(),
    REDIS_PUBSUB_URL: envRedisUrl(),
    REDIS_CACHE_URL: v.optional(envRedisUrl()),
    RABBITMQ_URL: envUrl("amqp", "amqps"),
    DATABASE_URL: envUrl("postgres", "postgresql"),
    NODE_ENV: v.optional(v.string()),
    JWT_SECRET: v.optional(Secret),
    JWT_KID: v.optional(Kid),
    JWT_SECRET_OLD: v.optional(Secret),
    JWT_KID_OLD: v.optional(Kid),
    JWT_SIGNING_KEY: v.optional(PrivateJwk),
    JWT_JWKS: v.optional(KeySet, '{"keys":[]}'),
    JWT_ISS: v.optional(v.string(), "eco2"),
    JWT_AUD: v.optional(v.string(), "eco2-api"),
    PORT: v.optional(Port, "8000"),
    HOST: v.optional(v.string(), "0.0.0.0"),
    ADMIN_PORT: v.optional(Port, "9090"),
    LOG_LEVEL: v.optional(v.picklist(logLevels, `must be one of ${logLevels.join(", ")}`), "info"),
    CORS_ORIGINS: v.optional(Origins, ""),
    INSTANCE: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/, "must be a short name"))),
    CACHE_NAMESPACE: v.optional(envNamespace(), "eco2"),
    WEB_DIR: v.optional(v.string()),
    SSE_MAX_READERS: v.optional(envInteger(1, 100_000), "10000"),
    TRUSTED_PROXY: v.optional(Hops, "0"),
    AUTH_COOKIE_DOMAIN: v.optional(
      v.pipe(v.string(), v.regex(/^[a-z0-9.-]{1,100}$/, "must be a domain such as eco2.example")),
    ),
    REWARD_FEATURE_ENABLED: envFlag(true),
    DEV_ACCOUNTS: envFlag(false),
    ROOM_AUTH: v.optional(
      v.picklist(["required", "optional"], "must be required or optional"),
      "required",
    ),
    WS_FRAME_BYTES: v.optional(envInteger(1024, 65_536), String(ws.frameBytes)),
    WS_FRAME_BURST: v.optional(envInteger(1, 10_000), String(ws.frameBurst)),
    WS_FRAMES_PER_SECOND: v.optional(envInteger(1, 10_000), String(ws.framesPerSecond)),
    ROOM_TEXT_CHARS: v.optional(envInteger(1, rooms.textChars), String(rooms.textChars)),
    ROOM_SOCKETS: v.optional(envInteger(1, 1000), String(rooms.sockets)),
    ROOM_MESSAGES_PER_10S: v.optional(envInteger(1, 100_000), String(rooms.messagesPer10s)),
    ROOM_INVOKES_PER_MINUTE: v.optional(envInteger(1, 10_000), String(rooms.invokesPerMinute)),
    ROOM_ALL_INVOKES_PER_MINUTE: v.optional(
      envInteger(1, 10_000),
      String(rooms.roomInvokesPerMinute),
    ),
    ROOM_HISTORY_PER_MINUTE: v.optional(envInteger(1, 10_000), String(rooms.historyPerMinute)),
    KAKAO_REST_API_KEY: v.optional(v.string()),
    KAKAO_BASE_URL: v.optional(envUrl("http", "https")),
    AUTH_COOKIE_SECURE: v.optional(Switch, "1"),
    AUTH_COOKIE_SAMESITE: v.optional(v.picklist(["Lax", "None"], "must be Lax or None"), "Lax"),
    AUTH_STATE_COOKIE: v.optional(Switch, "1"),
    AUTH_DEV_LOGIN: v.optional(Switch, "0"),
    AUTH_ACCESS_TTL_MINUTES: v.optional(envInteger(1, 10_080), String(signIn.accessMinutes)),
    AUTH_REFRESH_TTL_DAYS: v.optional(envInteger(1, 365), String(signIn.refreshDays)),
    FRONTEND_URL: v.optional(OriginUrl),
    OAUTH_GOOGLE_CLIENT_ID: v.optional(v.string()),
    OAUTH_GOOGLE_CLIENT_SECRET: v.optional(v.string()),
    OAUTH_GOOGLE_REDIRECT_URI: v.optional(v.string()),
    OAUTH_GOOGLE_BASE_URL: v.optional(OriginUrl),
    OAUTH_KAKAO_CLIENT_ID: v.optional(v.string()),
    OAUTH_KAKAO_CLIENT_SECRET: v.optional(v.string()),
    OAUTH_KAKAO_REDIRECT_URI: v.optional(v.string()),
    OAUTH_KAKAO_BASE_URL: v.optional(OriginUrl),
    OAUTH_NAVER_CLIENT_ID: v.optional(v.string()),
    OAUTH_NAVER_CLIENT_SECRET: v.optional(v.string()),
    OAUTH_NAVER_REDIRECT_URI: v.optional(v.string()),
    OAUTH_NAVER_BASE_URL: v.optional(OriginUrl),
    BUDGET_USER_TOKENS_PER_DAY: v.optional(envInteger(0, 1e12), String(budget.userTokensPerDay)),
    BUDGET_TOTAL_TOKENS_PER_DAY: v.optional(envInteger(0, 1e12), String(budget.totalTokensPerDay)),
    LIMIT_MESSAGES_PER_MINUTE: v.optional(envInteger(1, 100_000), String(quota.messagesPerMinute)),
    LIMIT_JOBS_AT_ONCE: v.optional(envInteger(1, 1000), String(quota.jobsAtOnce)),
    LIMIT_STREAMS_AT_ONCE: v.optional(envInteger(1, 10_000), String(quota.streamsAtOnce)),
    LIMIT_STREAM_OPENS_PER_SECOND: v.optional(
      envInteger(1, 10_000),
      String(quota.streamOpensPerSecond),
    ),
    LIMIT_UPLOADS_PER_MINUTE: v.optional(envInteger(2, 100_000), String(quota.uploadsPerMinute)),
    LIMIT_ASSISTANT_PER_MINUTE: v.optional(
      envInteger(1, 100_000),
      String(quota.assistantPerMinute),
    ),
    ASSISTANT_SESSION_TTL: v.optional(
      envInteger(0, 31_536_000),
      String(assistant.sessionTtlSeconds),
    ),
    LIMIT_ADDRESS_REQUESTS_PER_SECOND: v.optional(envInteger(1, 100_000)),
    ...imageEnv,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOfImageEnv(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const refuse = (name: string, message: string) =>
      addIssue({
        message,
        path: [{ type: "object", origin: "value", input: {}, key: name, value: "" }],
      });
    const given = dataset.value as Readonly<Record<string, unknown>>;
    const noKeys = !Array.isArray(given["JWT_JWKS"]) || given["JWT_JWKS"].length === 0;
    if (!given["JWT_SECRET"] && !given["JWT_SIGNING_KEY"] && noKeys) {
      refuse("JWT_SECRET", "is missing, and so is JWT_SIGNING_KEY: one of them, or JWT_JWKS");
    }
    if (!dataset.typed) return;
    for (const [name, message] of problemsOf(dataset.value)) refuse(name, message);
  }),
  v.transform((env) => ({
    redisStreamsUrl: env.REDIS_STREAMS_URL,
    redisPubsubUrl: env.REDIS_PUBSUB_URL,
    redisCacheUrl: env.REDIS_CACHE_URL ?? env.REDIS_PUBSUB_URL,
    rabbitmqUrl: env.RABBITMQ_URL,
    databaseUrl: env.DATABASE_URL,
    jwt: {
      keys: [
        ...(env.JWT_SIGNING_KEY ? [publicHalf(env.JWT_SIGNING_KEY)] : []),
        ...(env.JWT_SECRET ? [secretKey(env.JWT_SECRET, env.JWT_KID)] : []),
        ...(env.JWT_SECRET_OLD ? [secretKey(env.JWT_SECRET_OLD, env.JWT_KID_OLD)] : []),
        ...env.JWT_JWKS,
      ],
      issuer: env.JWT_ISS,
      audience: env.JWT_AUD,
    },
    /** The asymmetric one where there is one; undefined: this process only verifies. */
    signingKey:
      env.JWT_SIGNING_KEY ?? (env.JWT_SECRET ? secretKey(env.JWT_SECRET, env.JWT_KID) : undefined),
    signIn: signInSettings(env),
    port: env.PORT,
    host: env.HOST,
    adminPort: env.ADMIN_PORT,
    logLevel: env.LOG_LEVEL,
    corsOrigins: env.CORS_ORIGINS,
    instance: env.INSTANCE,
    cacheNamespace: env.CACHE_NAMESPACE,
    assistantTtlSeconds: env.ASSISTANT_SESSION_TTL,
    webDir: env.WEB_DIR,
    maxReaders: env.SSE_MAX_READERS,
    proxyHops: env.TRUSTED_PROXY,
    rewardsEnabled: env.REWARD_FEATURE_ENABLED,
    /** The local stack: an account is made for a user that only a development token knows. */
    devAccounts: env.DEV_ACCOUNTS,
    images: imageSettings(env),
    /** Without a token nobody talks in rooms or to the assistant. */
    needsSocketToken: env.ROOM_AUTH === "required",
    frames: {
      bytes: env.WS_FRAME_BYTES,
      burst: env.WS_FRAME_BURST,
      perSecond: env.WS_FRAMES_PER_SECOND,
    },
    rooms: {
      textChars: env.ROOM_TEXT_CHARS,
      sockets: env.ROOM_SOCKETS,
      messagesPer10s: env.ROOM_MESSAGES_PER_10S,
      invokesPerMinute: env.ROOM_INVOKES_PER_MINUTE,
      roomInvokesPerMinute: env.ROOM_ALL_INVOKES_PER_MINUTE,
      historyPerMinute: env.ROOM_HISTORY_PER_MINUTE,
    },
    kakao: { key: env.KAKAO_REST_API_KEY, baseUrl: env.KAKAO_BASE_URL },
    budget: {
      userTokensPerDay: env.BUDGET_USER_TOKENS_PER_DAY,
      totalTokensPerDay: env.BUDGET_TOTAL_TOKENS_PER_DAY,
    },
    limits: {
      messagesPerMinute: env.LIMIT_MESSAGES_PER_MINUTE,
      jobsAtOnce: env.LIMIT_JOBS_AT_ONCE,
      streamsAtOnce: env.LIMIT_STREAMS_AT_ONCE,
      streamOpensPerSecond: env.LIMIT_STREAM_OPENS_PER_SECOND,
      uploadsPerMinute: env.LIMIT_UPLOADS_PER_MINUTE,
      assistantPerMinute: env.LIMIT_ASSISTANT_PER_MINUTE,
      addressRequestsPerSecond: env.LIMIT_ADDRESS_REQUESTS_PER_SECOND,
    },
  })),
);
export type GatewayConfig = v.InferOutput<typeof Env>;

/** Throws one error that names every variable that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  return readEnv(Env, env);
}
