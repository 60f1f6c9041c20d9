import type { Provider } from "../users/accounts.ts";
import type { CookieSettings } from "./cookies.ts";
import type { Issue } from "./issue.ts";
import type { ProviderSettings } from "./providers.ts";
import type { TokenRules } from "../gate/verify.ts";
import type { Audit } from "./audit.ts";

/** How people sign in here. */
export interface SignInSettings {
  readonly providers: Readonly<Partial<Record<Provider, ProviderSettings>>>;
  /** Stands in for services that are not set up: anybody may be anybody. Refused in production. */
  readonly hasDevLogin: boolean;
  /** Where people go after it, unless they came from another listed page; undefined: our own page. */
  readonly frontendUrl: string | undefined;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  readonly cookies: CookieSettings;
  /** Whether the way back must be made by the browser that began. */
  readonly bindsBrowser: boolean;
}

/** What the handlers of sign-in use beside the stores. */
export interface Auth extends SignInSettings {
  /** Undefined where no key to sign with was given. */
  readonly issue: Issue | undefined;
  readonly rules: TokenRules;
  readonly audit: Audit;
}
