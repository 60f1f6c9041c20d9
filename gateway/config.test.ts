import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { readConfig } from "./config.ts";

const good = {
  REDIS_STREAMS_URL: "redis://127.0.0.1:6379/0",
  REDIS_PUBSUB_URL: "redis://127.0.0.1:6380/0",
  RABBITMQ_URL: "amqp://127.0.0.1/",
  DATABASE_URL: "postgres://127.0.0.1/eco2",
  JWT_SECRET: "s".repeat(32),
};

test("what is not given has a default, but for secrets and places", () => {
  expect(readConfig(good)).toMatchObject({
    port: 8000,
    adminPort: 9090,
    host: "0.0.0.0",
    corsOrigins: [],
    proxyHops: 0,
    jwt: { issuer: "eco2", audience: "eco2-api" },
  });
  expect(() => readConfig({})).toThrow(/JWT_SECRET: is missing/);
});

test("what sockets and rooms may do is set, within what the rest can carry", () => {
  const frames = { bytes: 16_384, burst: 20, perSecond: 2 };
  expect(readConfig(good)).toMatchObject({ frames, rooms: { textChars: 4000, sockets: 50 } });
  const set = { WS_FRAME_BYTES: "4096", WS_FRAME_BURST: "5", ROOM_TEXT_CHARS: "100" };
  expect(readConfig({ ...good, ...set })).toMatchObject({
    frames: { bytes: 4096, burst: 5, perSecond: 2 },
    rooms: { textChars: 100 },
  });
  expect(() => readConfig({ ...good, ROOM_TEXT_CHARS: "4001" })).toThrow(/ROOM_TEXT_CHARS/);
});

test("origins are an exact list", () => {
  const CORS_ORIGINS = "https://eco2.example, http://localhost:5173";
  const expected = ["https://eco2.example", "http://localhost:5173"];
  expect(readConfig({ ...good, CORS_ORIGINS }).corsOrigins).toEqual(expected);
});

test.each([
  ["CORS_ORIGINS", "*"],
  ["CORS_ORIGINS", "https://eco2.example/app"],
  ["CORS_ORIGINS", "eco2.example"],
  ["JWT_SECRET", "short"],
  ["PORT", "eighty"],
  ["PORT", "70000"],
  ["LOG_LEVEL", "loud"],
  ["TRUSTED_PROXY", "yes"],
  ["LIMIT_JOBS_AT_ONCE", "0"],
  ["RABBITMQ_URL", "http://127.0.0.1"],
])("%s=%s is refused by name", (name, value) => {
  expect(() => readConfig({ ...good, [name]: value })).toThrow(`${name}: must`);
});

test("a secret is not printed", () => {
  expect(() => readConfig({ ...good, JWT_SECRET: "hunter2" })).not.toThrow("hunter2");
});

const google = { OAUTH_GOOGLE_CLIENT_ID: "id", OAUTH_GOOGLE_CLIENT_SECRET: "s" };
const dev = { AUTH_DEV_LOGIN: "1", HOST: "127.0.0.1" };
test.each([
  ["AUTH_DEV_LOGIN", { ...dev, NODE_ENV: "production" }],
  ["AUTH_DEV_LOGIN", { ...dev, HOST: "0.0.0.0" }],
  ["AUTH_DEV_LOGIN", { AUTH_DEV_LOGIN: "1" }],
  ["AUTH_COOKIE_SECURE", { AUTH_COOKIE_SECURE: "0", NODE_ENV: "production" }],
  ["AUTH_COOKIE_SAMESITE", { AUTH_COOKIE_SECURE: "0", AUTH_COOKIE_SAMESITE: "None" }],
  ["OAUTH_GOOGLE_CLIENT_SECRET", { OAUTH_GOOGLE_CLIENT_ID: "id", PUBLIC_API_BASE: "https://a.b" }],
  ["OAUTH_GOOGLE_REDIRECT_URI", google],
  ["OAUTH_GOOGLE_REDIRECT_URI", { ...google, OAUTH_GOOGLE_REDIRECT_URI: "/callback" }],
  ["OAUTH_KAKAO_REDIRECT_URI", { OAUTH_KAKAO_CLIENT_ID: "id" }],
  ["FRONTEND_URL", { FRONTEND_URL: "https://eco2.example/app" }],
  ["JWT_SIGNING_KEY", { JWT_SIGNING_KEY: "{}" }],
] as const)("%s is refused in %o", (name, env) => {
  expect(() => readConfig({ ...good, ...env })).toThrow(`  ${name}: `);
});

test("sign-in: services with their redirects, and cookies that only https carries", () => {
  const both = "https://api.eco2.example/cb,https://old.eco2.example/cb";
  const env = { ...google, OAUTH_GOOGLE_REDIRECT_URI: both, OAUTH_KAKAO_CLIENT_ID: "k" };
  const { signIn } = readConfig({ ...good, ...env, PUBLIC_API_BASE: "https://api.eco2.example" });
  expect(signIn).toMatchObject({
    hasDevLogin: false,
    accessSeconds: 10_800,
    refreshSeconds: 2_592_000,
    cookies: { isSecure: true, sameSite: "Lax" },
    providers: {
      google: { clientId: "id", redirectUris: both.split(",") },
      kakao: { redirectUris: ["https://api.eco2.example/api/v1/auth/kakao/callback"] },
    },
  });
  expect(Object.keys(signIn.providers)).toEqual(["google", "kakao"]);
  expect(readConfig({ ...good, ...dev }).signIn.hasDevLogin).toBeTrue();
});

test("an asymmetric key signs where there is one; a process that only verifies needs none", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const JWT_SIGNING_KEY = JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "ed-1" });
  const { JWT_SECRET: _, ...keyless } = good;
  const both = readConfig({ ...good, JWT_SIGNING_KEY });
  expect(both.signingKey).toMatchObject({ alg: "EdDSA", kid: "ed-1" });
  expect(both.jwt.keys.map(({ alg, key }) => [alg, key.type])).toEqual([
    ["EdDSA", "public"],
    ["HS256", "secret"],
  ]);
  expect(readConfig({ ...keyless, JWT_SIGNING_KEY }).jwt.keys).toHaveLength(1);
  const JWT_JWKS = JSON.stringify({
    keys: [{ ...publicKey.export({ format: "jwk" }), kid: "ed-1" }],
  });
  expect(readConfig({ ...keyless, JWT_JWKS }).signingKey).toBeUndefined();
  expect(() => readConfig(keyless)).toThrow(/JWT_SECRET: is missing/);
});
