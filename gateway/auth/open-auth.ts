import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Registry } from "../../shared/prom.ts";
import type { SigningKey } from "../gate/keyring.ts";
import type { TokenRules } from "../gate/verify.ts";
import { createAudit } from "./audit.ts";
import { createIssue } from "./issue.ts";
import type { Auth, SignInSettings } from "./settings.ts";

interface AuthConfig {
  readonly jwt: TokenRules;
  readonly signingKey: SigningKey | undefined;
  readonly signIn: SignInSettings;
}

/** The parts of sign-in, wired. */
export function openAuth(
  { jwt, signingKey, signIn }: AuthConfig,
  parts: { readonly registry: Registry; readonly clock: Clock; readonly log: Log },
): Auth {
  const { issuer, audience } = jwt;
  const { accessSeconds, refreshSeconds } = signIn;
  const issue =
    signingKey && createIssue({ key: signingKey, issuer, audience, accessSeconds, refreshSeconds });
  return { ...signIn, issue, rules: jwt, audit: createAudit(parts) };
}
