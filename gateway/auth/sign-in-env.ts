import * as v from "valibot";
import { type Provider, providers } from "../users/accounts.ts";
import { providerRules, type ProviderSettings } from "./providers.ts";
import type { SignInSettings } from "./settings.ts";

/** What `gateway/config.ts` reads for sign-in. */
type ProviderVariable =
  `OAUTH_${Uppercase<Provider>}_${"CLIENT_ID" | "CLIENT_SECRET" | "REDIRECT_URI" | "BASE_URL"}`;
export type SignInEnv = Readonly<Partial<Record<ProviderVariable, string | undefined>>> & {
  readonly NODE_ENV?: string | undefined;
  readonly HOST: string;
  readonly PUBLIC_API_BASE?: string | undefined;
  readonly FRONTEND_URL?: string | undefined;
  readonly AUTH_DEV_LOGIN: boolean;
  readonly AUTH_COOKIE_DOMAIN?: string | undefined;
  readonly AUTH_COOKIE_SECURE: boolean;
  readonly AUTH_COOKIE_SAMESITE: "Lax" | "None";
  readonly AUTH_STATE_COOKIE: boolean;
  readonly AUTH_ACCESS_TTL_MINUTES: number;
  readonly AUTH_REFRESH_TTL_DAYS: number;
};

/** `1` or `0`, and the words for it. */
export const Switch = v.pipe(
  v.string(),
  v.regex(/^(1|0|true|false)$/, "must be 1 or 0"),
  v.transform((text) => text === "1" || text === "true"),
);

/** An origin, without a path. */
export const OriginUrl = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text),
    "must be an origin such as https://eco2.example",
  ),
);

const redirects = (text: string | undefined): string[] =>
  (text ?? "").split(",").flatMap((uri) => uri.trim() || []);

/** What is wrong with variables that are good each by itself: variable and sentence. */
export function problemsOf(env: SignInEnv): [variable: keyof SignInEnv, sentence: string][] {
  const problems: [keyof SignInEnv, string][] = [];
  const isProduction = env.NODE_ENV === "production";
  const isLoopback = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(env.HOST);
  if (env.AUTH_DEV_LOGIN && isProduction) {
    problems.push(["AUTH_DEV_LOGIN", "lets anybody be anybody: not with NODE_ENV=production"]);
  }
  if (env.AUTH_DEV_LOGIN && !isLoopback) {
    problems.push(["AUTH_DEV_LOGIN", "lets anybody be anybody: only with HOST=127.0.0.1"]);
  }
  if (!env.AUTH_COOKIE_SECURE && isProduction) {
    problems.push(["AUTH_COOKIE_SECURE", "must not be 0 with NODE_ENV=production"]);
  }
  if (!env.AUTH_COOKIE_SECURE && env.AUTH_COOKIE_SAMESITE === "None") {
    problems.push(["AUTH_COOKIE_SAMESITE", "None needs AUTH_COOKIE_SECURE=1"]);
  }
  for (const provider of providers) {
    const [id, secret, redirect] = namesOf(provider);
    if (env[id] === undefined) continue;
    if (env[secret] === undefined && providerRules[provider].needsSecret) {
      problems.push([secret, `is missing: ${id} alone is not enough`]);
    }
    const uris = redirectsOf(provider, env);
    const isGood = (uri: string) => URL.canParse(uri) && /^https?:\/\/[^#]+$/.test(uri);
    if (uris.length === 0) {
      problems.push([redirect, `is missing: ${id} needs it, or PUBLIC_API_BASE`]);
    } else if (!uris.every(isGood)) {
      problems.push([redirect, "must be http(s) URLs without #, separated by commas"]);
    }
  }
  return problems;
}

export function signInSettings(env: SignInEnv): SignInSettings {
  const known = providers.flatMap((provider): [Provider, ProviderSettings][] => {
    const [id, secret, , base] = namesOf(provider);
    const [first, ...others] = redirectsOf(provider, env);
    const clientId = env[id];
    if (clientId === undefined || first === undefined) return [];
    const redirectUris = [first, ...others] as const;
    return [
      [
        provider,
        {
          clientId,
          clientSecret: env[secret],
          redirectUris: [...redirectUris],
          baseUrl: env[base],
        },
      ],
    ];
  });
  return {
    providers: Object.fromEntries(known),
    hasDevLogin: env.AUTH_DEV_LOGIN,
    frontendUrl: env.FRONTEND_URL,
    accessSeconds: env.AUTH_ACCESS_TTL_MINUTES * 60,
    refreshSeconds: env.AUTH_REFRESH_TTL_DAYS * 86_400,
    cookies: {
      domain: env.AUTH_COOKIE_DOMAIN,
      isSecure: env.AUTH_COOKIE_SECURE,
      sameSite: env.AUTH_COOKIE_SAMESITE,
    },
    bindsBrowser: env.AUTH_STATE_COOKIE,
  };
}

function redirectsOf(provider: Provider, env: SignInEnv): string[] {
  const [, , redirect] = namesOf(provider);
  const given = redirects(env[redirect]);
  if (given.length > 0 || env.PUBLIC_API_BASE === undefined) return given;
  return [`${env.PUBLIC_API_BASE.replace(/\/$/, "")}/api/v1/auth/${provider}/callback`];
}

function namesOf(provider: Provider) {
  const prefix = `OAUTH_${provider.toUpperCase() as Uppercase<Provider>}` as const;
  return [
    `${prefix}_CLIENT_ID`,
    `${prefix}_CLIENT_SECRET`,
    `${prefix}_REDIRECT_URI`,
    `${prefix}_BASE_URL`,
  ] as const;
}
