import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import * as v from "valibot";

/** One key and the one algorithm it is good for. */
export interface Key {
  /** What a token may call it. It is compared, and never a place to look. */
  readonly kid: string | undefined;
  readonly alg: "HS256" | "ES256" | "EdDSA";
  readonly key: KeyObject;
}

export const Kid = v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, "must be a short name"));
const Jwk = v.variant("kty", [
  v.object({
    kty: v.literal("EC"),
    crv: v.literal("P-256"),
    x: v.string(),
    y: v.string(),
    kid: Kid,
  }),
  v.object({ kty: v.literal("OKP"), crv: v.literal("Ed25519"), x: v.string(), kid: Kid }),
]);

/** A JSON Web Key Set of public EC P-256 and Ed25519 keys, each with its `kid`; anything else is refused. */
export const KeySet = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      const { keys } = v.parse(v.object({ keys: v.array(Jwk) }), JSON.parse(dataset.value));
      return keys.map((jwk): Key => ({
        kid: jwk.kid,
        alg: jwk.kty === "EC" ? "ES256" : "EdDSA",
        key: createPublicKey({ key: { ...jwk }, format: "jwk" }),
      }));
    } catch {
      addIssue({ message: "must be a JWK set of public EC P-256 or Ed25519 keys with kid" });
      return NEVER;
    }
  }),
);

/** A key to sign with. */
export type SigningKey = Key;

/** One private EC P-256 or Ed25519 key as a JWK with its `kid`. */
export const PrivateJwk = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      const given: unknown = JSON.parse(dataset.value);
      const { kid, kty } = v.parse(Jwk, given);
      const { d } = v.parse(v.object({ d: v.string() }), given);
      const jwk = { ...v.parse(Jwk, given), d };
      const alg = kty === "EC" ? ("ES256" as const) : ("EdDSA" as const);
      return { kid, alg, key: createPrivateKey({ key: jwk, format: "jwk" }) } satisfies SigningKey;
    } catch {
      addIssue({ message: "must be one private EC P-256 or Ed25519 JWK with kid" });
      return NEVER;
    }
  }),
);

/** What others may verify with: the key itself where it is public, its public half where it is private. */
export function publicHalf({ kid, alg, key }: Key): Key {
  return { kid, alg, key: key.type === "private" ? createPublicKey(key) : key };
}

/** The public keys as a JSON Web Key Set. A secret is in none. */
export function keySetOf(keys: readonly Key[]): { readonly keys: readonly object[] } {
  const open = keys.filter(({ key }) => key.type !== "secret");
  return {
    keys: open.map((one) => {
      const { kid, alg, key } = publicHalf(one);
      return { ...key.export({ format: "jwk" }), kid, alg, use: "sig" };
    }),
  };
}

export function secretKey(secret: string, kid: string | undefined): Key {
  return { kid, alg: "HS256", key: createSecretKey(Buffer.from(secret)) };
}

/**
 * The keys a token may have been signed with: the one it names, or, when it names none, every one of its
 * algorithm. Two keys at once are how they are rotated.
 */
export function candidates(keys: readonly Key[], alg: unknown, kid: unknown): readonly Key[] {
  return keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid));
}
