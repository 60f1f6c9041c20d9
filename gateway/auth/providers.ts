import * as v from "valibot";
import { signIn } from "../../shared/limits.ts";
import type { Profile, Provider } from "../users/accounts.ts";

/** What operators give for one sign-in service. */
export interface ProviderSettings {
  readonly clientId: string;
  /** Kakao has one only where it was switched on. */
  readonly clientSecret: string | undefined;
  /** Exactly those the service knows; the first is the default. */
  readonly redirectUris: readonly [string, ...string[]];
  /** Another origin for all its addresses: tests. */
  readonly baseUrl: string | undefined;
  /** Tests do not wait as long as people do. */
  readonly timeoutMs?: number;
}

/** How a service differs from the others. */
export interface ProviderRules {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly profileUrl: string;
  /** Beside client, redirect, response type and state. */
  readonly authorizeParams: Readonly<Record<string, string>>;
  readonly hasPkce: boolean;
  /** Naver wants the state again, and no redirect. */
  readonly repeatsState: boolean;
  readonly needsSecret: boolean;
  /** Throws when the answer names nobody. */
  readonly readProfile: (body: unknown) => Omit<Profile, "provider">;
}

const Text = v.optional(v.nullish(v.string()));
const Id = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));

const Google = v.object({
  sub: Id,
  email: Text,
  email_verified: v.optional(v.nullish(v.union([v.boolean(), v.string()]))),
  given_name: Text,
  name: Text,
  picture: Text,
});
const Kakao = v.object({
  id: v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(1)), Id]),
  kakao_account: v.nullish(
    v.object({
      email: Text,
      is_email_valid: v.nullish(v.boolean()),
      is_email_verified: v.nullish(v.boolean()),
      profile: v.nullish(v.object({ nickname: Text, profile_image_url: Text })),
    }),
  ),
});
const Naver = v.object({
  resultcode: v.literal("00"),
  response: v.object({ id: Id, email: Text, nickname: Text, profile_image: Text }),
});

export const providerRules: Readonly<Record<Provider, ProviderRules>> = {
  google: {
    authorizeUrl: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUrl: "https://oauth2.googleapis.com/token",
    profileUrl: "https://www.googleapis.com/oauth2/v3/userinfo",
    authorizeParams: {
      scope: "openid email profile",
      access_type: "offline",
      include_granted_scopes: "true",
      prompt: "consent",
    },
    hasPkce: true,
    repeatsState: false,
    needsSecret: true,
    readProfile: (body) => {
      const { sub, email, email_verified, given_name, name, picture } = v.parse(Google, body);
      const isVerified = email_verified !== false && email_verified !== "false";
      return {
        providerUserId: sub,
        email: isVerified ? emailOf(email) : undefined,
        nickname: nameOf(given_name) ?? nameOf(name),
        profileImageUrl: imageOf(picture),
      };
    },
  },
  kakao: {
    authorizeUrl: "https://kauth.kakao.com/oauth/authorize",
    tokenUrl: "https://kauth.kakao.com/oauth/token",
    profileUrl: "https://kapi.kakao.com/v2/user/me",
    authorizeParams: {},
    hasPkce: true,
    repeatsState: false,
    needsSecret: false,
    readProfile: (body) => {
      const { id, kakao_account: account } = v.parse(Kakao, body);
      const isGood = account?.is_email_valid !== false && account?.is_email_verified !== false;
      return {
        providerUserId: String(id),
        email: isGood ? emailOf(account?.email) : undefined,
        nickname: nameOf(account?.profile?.nickname),
        profileImageUrl: imageOf(account?.profile?.profile_image_url),
      };
    },
  },
  naver: {
    authorizeUrl: "https://nid.naver.com/oauth2.0/authorize",
    tokenUrl: "https://nid.naver.com/oauth2.0/token",
    profileUrl: "https://openapi.naver.com/v1/nid/me",
    authorizeParams: { scope: "profile email" },
    hasPkce: false,
    repeatsState: true,
    needsSecret: true,
    readProfile: (body) => {
      const { id, email, nickname, profile_image } = v.parse(Naver, body).response;
      return {
        providerUserId: id,
        email: emailOf(email),
        nickname: nameOf(nickname),
        profileImageUrl: imageOf(profile_image),
      };
    },
  },
};

/** The address of a service, at its own origin or the configured one. */
export function addressAt(url: string, baseUrl: string | undefined): URL {
  const own = new URL(url);
  return baseUrl === undefined ? own : new URL(own.pathname, baseUrl);
}

type Given = string | null | undefined;

/** What a person may be called here: no controls, no half characters, not too long. */
function nameOf(text: Given): string | undefined {
  const clean = text
    ?.toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/gu, "")
    .trim();
  return clean ? Array.from(clean).slice(0, signIn.nicknameChars).join("") : undefined;
}

function emailOf(text: Given): string | undefined {
  return text && text.length <= 320 && /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(text)
    ? text
    : undefined;
}

/** Over TLS alone: Kakao still names its pictures without. */
function imageOf(text: Given): string | undefined {
  if (!text || text.length > 2048 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === "http:") url.protocol = "https:";
  return url.protocol === "https:" && url.username === "" ? url.href : undefined;
}
