import { SignJWT } from "jose";
import type { UserId } from "../../shared/contract/ids.ts";
import type { SigningKey } from "../gate/keyring.ts";

export interface IssuerRules {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly audience: string;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

/** All that a pair of tokens says: the same facts make the same pair. */
export interface Facts {
  readonly userId: UserId;
  readonly provider: string;
  readonly session: string;
  readonly refreshJti: string;
  readonly accessJti: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

export interface Pair {
  readonly access: string;
  readonly refresh: string;
}

export type Issue = (facts: Facts) => Promise<Pair>;

/** Signs the two tokens of a session. Nothing but their jti is kept anywhere. */
export function createIssue(rules: IssuerRules): Issue {
  const sign = (facts: Facts, type: "access" | "refresh", jti: string, seconds: number) =>
    new SignJWT({ type, provider: facts.provider, sid: facts.session })
      .setProtectedHeader({
        alg: rules.key.alg,
        typ: "JWT",
        ...(rules.key.kid === undefined ? {} : { kid: rules.key.kid }),
      })
      .setSubject(facts.userId)
      .setJti(jti)
      .setIssuer(rules.issuer)
      .setAudience(rules.audience)
      .setIssuedAt(facts.issuedAt)
      .setNotBefore(facts.issuedAt)
      .setExpirationTime(facts.issuedAt + seconds)
      .sign(rules.key.key);
  return async (facts) => ({
    access: await sign(facts, "access", facts.accessJti, rules.accessSeconds),
    refresh: await sign(facts, "refresh", facts.refreshJti, rules.refreshSeconds),
  });
}
