import { createHash } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import * as v from "valibot";
import type { Clock } from "../../shared/clock.ts";
import { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { auth } from "../../shared/limits.ts";
import { candidates, type Key } from "./keyring.ts";
import type { Revocations } from "./revocations.ts";

/** Who asks, proven by a token. */
export interface Principal {
  readonly userId: UserId;
  readonly jti: string;
  /** The sign-in it comes from; tokens of other issuers have none. */
  readonly session: string | undefined;
  /** Who signed the person in, where the token says. */
  readonly provider: string;
  /** Wall ms after which nothing may be open for this token any more: its `exp` and the leeway. */
  readonly expiresAtMs: number;
}

/** Throws `UNAUTHORIZED`, `TOKEN_REVOKED`, or `UNAVAILABLE` when nobody knows what is revoked. */
export type Verify = (token: string) => Promise<Principal>;

export interface TokenRules {
  readonly keys: readonly Key[];
  readonly issuer: string;
  readonly audience: string;
}

export const TokenId = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/));
const Claims = v.object({
  sub: UserId,
  exp: v.pipe(v.number(), v.finite()),
  jti: TokenId,
  sid: v.optional(TokenId),
  /** A refresh token is none to get in with. */
  type: v.optional(v.literal("access")),
  provider: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{1,20}$/)), "unknown"),
});

/**
 * The one verification of every route. A token that was found good is remembered by its hash until it ends, so its
 * signature is checked once; its end and its revocation are checked each time.
 */
export function createVerify(
  rules: TokenRules,
  revocations: Pick<Revocations, "isFresh" | "isRevoked" | "ensure">,
  clock: Clock,
): Verify {
  const known = new Map<string, Principal>();
  const remember = (hash: string, principal: Principal) => {
    known.set(hash, principal);
    if (known.size <= auth.knownTokens) return;
    for (const oldest of known.keys()) {
      known.delete(oldest);
      return;
    }
  };
  return async (token) => {
    if (token.length > auth.tokenChars) throw new AppError("UNAUTHORIZED");
    const hash = createHash("sha256").update(token).digest("base64");
    const cached = known.get(hash);
    const principal = cached ?? (await prove(token, rules, clock));
    if (clock.wallMs() >= principal.expiresAtMs) {
      known.delete(hash);
      throw new AppError("UNAUTHORIZED");
    }
    if (!cached) remember(hash, principal);
    if (!revocations.isFresh()) await revocations.ensure();
    if (revocations.isRevoked(principal.jti, principal.session))
      throw new AppError("TOKEN_REVOKED");
    return principal;
  };
}

/** Signature and claims. Throws `UNAUTHORIZED`. */
async function prove(token: string, rules: TokenRules, clock: Clock): Promise<Principal> {
  try {
    const claims = v.parse(Claims, await payloadOf(token, rules, clock));
    const latest = clock.wallMs() / 1000 + auth.maxTokenSeconds + auth.leewaySeconds;
    if (claims.exp > latest) throw new AppError("UNAUTHORIZED");
    return {
      userId: claims.sub,
      jti: claims.jti,
      session: claims.sid,
      provider: claims.provider,
      expiresAtMs: (claims.exp + auth.leewaySeconds) * 1000,
    };
  } catch (cause) {
    throw new AppError("UNAUTHORIZED", { cause });
  }
}

/** Signature, times, issuer and audience, whatever the token is for. Throws `UNAUTHORIZED` or what jose throws. */
export async function payloadOf(
  token: string,
  rules: TokenRules,
  clock: Clock,
): Promise<JWTPayload> {
  const { alg, kid } = decodeProtectedHeader(token);
  for (const key of candidates(rules.keys, alg, kid)) {
    try {
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: [key.alg],
        issuer: rules.issuer,
        audience: rules.audience,
        requiredClaims: ["exp", "sub", "jti"],
        clockTolerance: auth.leewaySeconds,
        currentDate: new Date(clock.wallMs()),
      });
      return payload;
    } catch (cause) {
      if (!(cause instanceof errors.JWSSignatureVerificationFailed)) throw cause;
    }
  }
  throw new AppError("UNAUTHORIZED");
}
