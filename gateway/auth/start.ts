import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { signIn } from "../../shared/limits.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import { validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { type Provider, providers } from "../users/accounts.ts";
import { browserCookie, browserCookieName, onlyCookie } from "./cookies.ts";
import { devAuthorizeUrl, devRedirectUri } from "./dev-address.ts";
import { keepFlow, randomText, sha256 } from "./flow-state.ts";
import { addressAt, providerRules } from "./providers.ts";

const postOnly: readonly string[] = ["refresh", "logout"];

/** The service a path names. Throws `VALIDATION_ERROR` for any other, `METHOD_NOT_ALLOWED` for a name with a POST. */
export function providerOf(c: Ctx): Provider {
  if (c.req.method !== "GET") throw new AppError("METHOD_NOT_ALLOWED"); // HEAD would begin something
  const provider = c.req.param("provider") ?? "";
  if (postOnly.includes(provider)) {
    c.header("Allow", "POST");
    throw new AppError("METHOD_NOT_ALLOWED");
  }
  return validate(v.object({ provider: v.picklist(providers) }), { provider }).provider;
}

interface Started {
  readonly provider: Provider;
  readonly state: string;
  readonly url: string;
}

/** GET: where to sign in. */
export const startSignIn: Handle = async (c, deps) => {
  const { provider, state, url } = await start(c, deps);
  const expiresAt = new Date(deps.clock.wallMs() + signIn.stateSeconds * 1000).toISOString();
  const data = { provider, state, authorization_url: url, expires_at: expiresAt };
  return c.json({ success: true, data });
};

/** GET: the same, in few words. */
export const authorize: Handle = async (c, deps) => {
  const { state, url } = await start(c, deps);
  return c.json({ authorization_url: url, state });
};

/** GET: which services a person may sign in with here. */
export const listProviders: Handle = (c, deps) => {
  const { providers: known, hasDevLogin } = deps.auth;
  return c.json({
    providers: providers
      .filter((id) => known[id] !== undefined || hasDevLogin)
      .map((id) => ({ id, is_development: known[id] === undefined })),
  });
};

/**
 * Keeps what the way back will need. Redirects and pages that are not listed are as if not given. Throws
 * `OAUTH_NOT_CONFIGURED`.
 */
async function start(c: Ctx, deps: Deps): Promise<Started> {
  const provider = providerOf(c);
  const { redis, auth } = deps;
  const settings = auth.providers[provider];
  const known = settings?.redirectUris ?? (auth.hasDevLogin ? [devRedirectUri(c, provider)] : []);
  const asked = c.req.query("redirect_uri");
  const redirectUri = known.find((uri) => uri === asked) ?? known[0];
  if (redirectUri === undefined || !auth.issue) {
    throw new AppError("OAUTH_NOT_CONFIGURED", { retryAfterSeconds: 3600 });
  }
  const codeVerifier = randomText(64);
  const state = await keepFlow(redis, {
    provider,
    redirect_uri: redirectUri,
    code_verifier: codeVerifier,
    device_id: deviceOf(c.req.query("device_id")),
    frontend_origin: listed(
      deps,
      c.req.query("frontend_origin") ?? c.req.header("x-frontend-origin"),
    ),
    browser: bindBrowser(c, deps),
  });
  if (!settings) return { provider, state, url: devAuthorizeUrl(provider, redirectUri, state) };
  const { authorizeUrl, authorizeParams, hasPkce } = providerRules[provider];
  const url = addressAt(authorizeUrl, settings.baseUrl);
  const params = {
    client_id: settings.clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    state,
    ...authorizeParams,
    ...(hasPkce ? { code_challenge: sha256(codeVerifier), code_challenge_method: "S256" } : {}),
  };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return { provider, state, url: url.href };
}

const listed = (deps: Deps, origin: string | undefined): string | null =>
  deps.corsOrigins.find((one) => one === origin) ?? null;

const deviceOf = (text: string | undefined): string | null =>
  text !== undefined && /^[\w.:-]{1,128}$/.test(text) ? text : null;

/** Hash of a cookie this browser gets, or has from a sign-in of another tab. */
function bindBrowser(c: Ctx, { auth }: Deps): string | null {
  if (!auth.bindsBrowser) return null;
  const held = onlyCookie(c.req.header("cookie"), browserCookieName(auth.cookies));
  const value = held !== undefined && /^[\w-]{43}$/.test(held) ? held : randomText(32);
  c.header("Set-Cookie", browserCookie(auth.cookies, value, signIn.stateSeconds));
  return sha256(value);
}

export const providerParams = { provider: v.picklist(providers) };
const asked: Pick<RouteDoc, "params" | "query" | "headers" | "tag" | "errors"> = {
  tag: "auth",
  params: providerParams,
  query: {
    redirect_uri: v.optional(
      v.pipe(v.string(), v.description("One of those set up; any other is as if not given.")),
    ),
    device_id: v.optional(v.string()),
    frontend_origin: v.optional(
      v.pipe(v.string(), v.description("A listed origin to come back to; any other is ignored.")),
    ),
  },
  headers: { "X-Frontend-Origin": v.optional(v.string()) },
  errors: ["OAUTH_NOT_CONFIGURED", "METHOD_NOT_ALLOWED", "NOT_FOUND"],
};

export const startSignInDoc: RouteDoc = {
  ...asked,
  summary: "Begin a sign-in",
  answers: {
    200: {
      about: "where to send the person",
      body: v.object({
        success: v.literal(true),
        data: v.object({
          provider: v.picklist(providers),
          state: v.string(),
          authorization_url: v.string(),
          expires_at: v.string(),
        }),
      }),
    },
  },
};

export const authorizeDoc: RouteDoc = {
  ...asked,
  summary: "Begin a sign-in, answered in few words",
  answers: {
    200: {
      about: "where to send the person",
      body: v.object({ authorization_url: v.string(), state: v.string() }),
    },
  },
};

export const listProvidersDoc: RouteDoc = {
  summary: "Which services one may sign in with here",
  tag: "auth",
  answers: {
    200: {
      about: "the services; development ones let anybody be anybody",
      body: v.object({
        providers: v.array(v.object({ id: v.picklist(providers), is_development: v.boolean() })),
      }),
    },
  },
};
