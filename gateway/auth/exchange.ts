import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { signIn } from "../../shared/limits.ts";
import type { Profile, Provider } from "../users/accounts.ts";
import { addressAt, providerRules, type ProviderSettings } from "./providers.ts";

/** What came back from a sign-in service, with what was kept for it. */
export interface Grant {
  readonly provider: Provider;
  readonly code: string;
  readonly state: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** Naver says what is wrong with status 200: `access_token` or nothing. */
const TokenAnswer = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,4096}$/)),
});

/**
 * Trades the code for an access token and that for the person's profile. Nothing is tried again: a code is good
 * once. Throws `UNAVAILABLE` whatever goes wrong; the cause is for the log and holds nothing the service said.
 */
export async function fetchProfile(grant: Grant, settings: ProviderSettings): Promise<Profile> {
  const { provider, code, state, redirectUri, codeVerifier } = grant;
  const { tokenUrl, profileUrl, hasPkce, repeatsState, readProfile } = providerRules[provider];
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: settings.clientId,
    code,
    ...(settings.clientSecret === undefined ? {} : { client_secret: settings.clientSecret }),
    ...(repeatsState ? { state } : { redirect_uri: redirectUri }),
    ...(hasPkce ? { code_verifier: codeVerifier } : {}),
  });
  const timeoutMs = settings.timeoutMs ?? signIn.providerMs;
  const answer = await ask(addressAt(tokenUrl, settings.baseUrl), "token", timeoutMs, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
  });
  const token = v.safeParse(TokenAnswer, answer);
  if (!token.success) throw failed("the answer to the code holds no token");
  const authorization = `Bearer ${token.output.access_token}`;
  const body = await ask(addressAt(profileUrl, settings.baseUrl), "profile", timeoutMs, {
    headers: { authorization, accept: "application/json" },
  });
  try {
    return { provider, ...readProfile(body) };
  } catch {
    throw failed("the profile names nobody");
  }
}

const failed = (detail: string) => new AppError("UNAVAILABLE", { detail });

/** JSON of a bounded size, in time, from this address and no other. */
async function ask(url: URL, what: string, timeoutMs: number, init: RequestInit): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw failed(`the ${what} endpoint answered ${response.status}`);
    }
    return JSON.parse(await textOf(response));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const why = signal.aborted ? "did not answer in time" : "did not answer with JSON";
    throw failed(`the ${what} endpoint ${why}`);
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > signIn.answerBytes) throw failed("the answer is too long");
    chunks.push(chunk);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks, length));
}
