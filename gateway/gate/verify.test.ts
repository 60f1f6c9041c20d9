import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { auth } from "../../shared/limits.ts";
import { type Key, KeySet, secretKey } from "./keyring.ts";
import { createVerify } from "./verify.ts";

const secret = "the secret of today, 32 characters";
const oldSecret = "the secret of yesterday, 32 chars.";
const bytes = (text: string) => new TextEncoder().encode(text);
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwks = JSON.stringify({
  keys: [
    { ...ec.publicKey.export({ format: "jwk" }), kid: "ec-1", use: "sig" },
    { ...ed.publicKey.export({ format: "jwk" }), kid: "ed-1" },
  ],
});
const keys: Key[] = [
  secretKey(secret, "today"),
  secretKey(oldSecret, "yesterday"),
  ...v.parse(KeySet, jwks),
];

let now = 1_795_000_000_000;
const clock = { wallMs: () => now, monotonicMs: () => now };
const revoked = new Set<string>();
let isFresh = true;
const revocations = {
  isFresh: () => isFresh,
  isRevoked: (jti: string) => revoked.has(jti),
  ensure: () => Promise.reject(new AppError("UNAVAILABLE")),
};
const rules = { keys, issuer: "eco2", audience: "eco2-api" };
const verify = createVerify(rules, revocations, clock);

const user = "6f1d2c3b-0000-4000-8000-000000000001";
const at = () => Math.floor(now / 1000);
const good = () => ({
  sub: user,
  jti: crypto.randomUUID(),
  iss: "eco2",
  aud: "eco2-api",
  exp: at() + 600,
});

interface Signing {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: Parameters<SignJWT["sign"]>[0];
  readonly header?: Record<string, unknown>;
}
const sign = (claims: Record<string, unknown> = {}, how: Signing = {}) =>
  new SignJWT({ ...good(), ...claims })
    .setProtectedHeader({
      ...how.header,
      alg: how.alg ?? "HS256",
      ...(how.kid === undefined ? {} : { kid: how.kid }),
    })
    .sign(how.key ?? bytes(secret));
const codeOf = async (token: string) => {
  try {
    await verify(token);
    return "passed";
  } catch (cause) {
    return cause instanceof AppError ? cause.code : cause;
  }
};

test.each([
  ["today's key, by name", { kid: "today" }],
  ["today's key, without a name", {}],
  ["yesterday's key, by name", { kid: "yesterday", key: bytes(oldSecret) }],
  ["yesterday's key, without a name", { key: bytes(oldSecret) }],
  ["ES256", { alg: "ES256", kid: "ec-1", key: ec.privateKey }],
  ["EdDSA", { alg: "EdDSA", kid: "ed-1", key: ed.privateKey }],
] satisfies [string, Signing][])("%s passes", async (_name, how) => {
  expect(await codeOf(await sign({}, how))).toBe("passed");
});

/** What a public key would be if a careless verifier took it for a secret. */
const pem = bytes(ec.publicKey.export({ type: "spki", format: "pem" }).toString());
test.each([
  ["another secret", { key: bytes("x".repeat(40)) }],
  ["HS512 with our secret", { alg: "HS512" }],
  ["today's secret under yesterday's name", { kid: "yesterday" }],
  ["a public key as a secret", { kid: "ec-1", key: pem }],
  ["RS256", { alg: "RS256", key: rsa.privateKey }],
  ["an unknown kid", { kid: "tomorrow" }],
  ["a kid that is a path", { kid: "../../../../dev/null" }],
  ["a kid that is a URL", { kid: "https://evil.example/jwks.json" }],
  ["a kid that is a query", { kid: "' UNION SELECT 'x' -- " }],
  [
    "a key in its own header",
    { header: { jwk: { kty: "oct", k: "AA" } }, key: bytes("x".repeat(32)) },
  ],
  ["a key set of its own", { header: { jku: "https://evil.example" }, key: bytes("x".repeat(32)) }],
  ["an extension nobody knows", { header: { crit: ["x"], x: 1 } }],
] satisfies [string, Signing][])("%s is refused", async (_name, how) => {
  // jose will not sign what it does not know: then there is no such token
  const token = await sign({}, how).catch(() => "not.a.token");
  expect(await codeOf(token)).toBe("UNAUTHORIZED");
});

test.each([
  ["no exp", { exp: undefined }],
  ["exp in words", { exp: "tomorrow" }],
  ["an exp that is over", { exp: at() - auth.leewaySeconds - 1 }],
  ["a far-future exp", { exp: at() + auth.maxTokenSeconds + 60 }],
  ["an exp beyond time", { exp: 1e300 }],
  ["nbf ahead", { nbf: at() + 120 }],
  ["another iss", { iss: "someone" }],
  ["no iss", { iss: undefined }],
  ["another aud", { aud: "someone" }],
  ["no aud", { aud: undefined }],
  ["no sub", { sub: undefined }],
  ["a sub that is no UUID", { sub: "admin" }],
  ["no jti", { jti: undefined }],
  ["an empty jti", { jti: "" }],
  ["a jti with a line feed", { jti: "a\nb" }],
  ["a long jti", { jti: "j".repeat(129) }],
  ["the type refresh", { type: "refresh" }],
] as const)("a token with %s is refused", async (_name, claims) => {
  expect(await codeOf(await sign(claims))).toBe("UNAUTHORIZED");
});

const forged: [string, () => string | Promise<string>][] = [
  ["alg none", () => new UnsecuredJWT(good()).encode()],
  [
    "alg NONE with a signature",
    async () => (await sign()).replace(/^[^.]+/, b64('{"alg":"NONE"}')),
  ],
  ["no signature", async () => (await sign()).replace(/[^.]+$/, "")],
  ["a cut signature", async () => (await sign()).slice(0, -3)],
  [
    "another payload",
    async () => (await sign()).replace(/\.[^.]+\./, `.${b64(JSON.stringify(good()))}.`),
  ],
  ["a header that is no JSON", async () => (await sign()).replace(/^[^.]+/, b64("{"))],
  ["alg that is a list", async () => (await sign()).replace(/^[^.]+/, b64('{"alg":["HS256"]}'))],
  ["nothing", () => ""],
  ["dots", () => ".."],
  ["five parts", async () => `${await sign()}.a.b`],
  ["megabytes", () => `${"a".repeat(2_000_000)}.b.c`],
];
test.each(forged)("%s is refused", async (_name, make) => {
  expect(await codeOf(await make())).toBe("UNAUTHORIZED");
});

function b64(text: string): string {
  return Buffer.from(text).toString("base64url");
}

test("a remembered token still ends, is still revoked, and waits for the list of revoked ones", async () => {
  const jti = crypto.randomUUID();
  const token = await sign({ jti });
  expect((await verify(token)).jti).toBe(jti);
  revoked.add(jti);
  expect(await codeOf(token)).toBe("TOKEN_REVOKED");
  revoked.delete(jti);
  isFresh = false;
  expect(await codeOf(token)).toBe("UNAVAILABLE");
  isFresh = true;
  const before = now;
  now += (600 + auth.leewaySeconds) * 1000;
  expect(await codeOf(token)).toBe("UNAUTHORIZED");
  now = before;
});

test.each([
  ['{"keys":[{"kty":"oct","k":"AAAA","kid":"a"}]}'],
  ['{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","kid":"a"}]}'],
  ['{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"a"}]}'],
  [jwks.replace('"ec-1"', '"../ec-1"')],
  ["https://evil.example/jwks.json"],
])("the key set %p is refused at the start", (text) => {
  expect(v.safeParse(KeySet, text).success).toBe(false);
});
