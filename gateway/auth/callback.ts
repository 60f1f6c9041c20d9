import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { getOrCreateFromOAuth, type Profile } from "../users/accounts.ts";
import { clientAddress } from "../limits/address.ts";
import { agentFamily } from "./audit.ts";
import { browserCookieName, onlyCookie } from "./cookies.ts";
import { fetchProfile } from "./exchange.ts";
import { type Flow, sha256, takeFlow } from "./flow-state.ts";
import { setTokens, signedIn } from "./give-tokens.ts";
import { providerOf, providerParams } from "./start.ts";

/**
 * GET: the way back from a sign-in service. Answers 302 whatever happened: to the page with both cookies, or to its
 * sign-in with an error that says nothing about why.
 */
export const callback: Handle = async (c, deps) => {
  if (c.req.method !== "GET") throw new AppError("METHOD_NOT_ALLOWED"); // a HEAD would use the state up
  const { audit } = deps.auth;
  let home = deps.auth.frontendUrl ?? "";
  let provider = "unknown";
  let isOurs = false;
  try {
    provider = providerOf(c);
    const flow = await flowOf(c, deps);
    isOurs = true;
    home = flow.frontend_origin ?? home;
    if (flow.provider !== provider) throw refused("the state is another service's");
    checkBrowser(c, deps, flow);
    if (c.req.query("error") !== undefined) throw refused("the person or the service said no");
    const profile = await profileOf(c, deps, flow);
    const { userId } = await getOrCreateFromOAuth(deps.sql, profile);
    const agent = agentFamily(c.req.header("user-agent"));
    const device = { deviceId: flow.device_id ?? undefined, agent };
    const { pair, facts } = await signedIn(deps, userId, flow.provider, device);
    const peer = c.env?.peer?.();
    const address = clientAddress(peer, c.req.header("x-forwarded-for"), deps.proxyHops);
    await audit.keep(deps.sql, { userId, provider, jti: facts.accessJti, address, agent });
    audit.note({ action: "sign-in", provider }, true);
    const response = new Response(null, { status: 302, headers: { Location: `${home}/#/home` } });
    setTokens(deps, response.headers, pair);
    return response;
  } catch (cause) {
    const known = cause instanceof AppError ? cause : undefined;
    // without a state of ours anybody can do this as often as they like
    if (!isOurs) audit.refused("OAUTH_STATE");
    else audit.note({ action: "sign-in", provider, reason: known?.detail ?? "failed" }, false);
    if (!known) deps.log.warn("sign-in failed", { error: cause });
    const Location = `${home}/#/login?error=oauth_failed`;
    return new Response(null, { status: 302, headers: { Location } });
  }
};

const refused = (detail: string) => new AppError("UNAUTHORIZED", { detail });

/** Uses the state up, whatever comes after. Throws when it is not one of ours. */
async function flowOf(c: Ctx, deps: Deps): Promise<Flow> {
  const [state, ...others] = c.req.queries("state") ?? [];
  const flow =
    state === undefined || others.length > 0 ? undefined : await takeFlow(deps.redis, state);
  if (!flow) throw refused("the state is unknown, used or too old");
  return flow;
}

/**
 * A browser must bring the cookie of the one that began: otherwise somebody could send a person a link that signs
 * them in to the sender's account. Every browser says of itself that it is one (`Sec-Fetch-Mode`), and no page can
 * take that away; a script has nobody to fool.
 */
function checkBrowser(c: Ctx, { auth }: Deps, flow: Flow): void {
  if (flow.browser === null) return;
  const cookie = onlyCookie(c.req.header("cookie"), browserCookieName(auth.cookies));
  if (cookie === undefined && c.req.header("sec-fetch-mode") === undefined) return;
  if (cookie === undefined || sha256(cookie) !== flow.browser) {
    throw refused("another browser began this sign-in");
  }
}

async function profileOf(c: Ctx, deps: Deps, flow: Flow): Promise<Profile> {
  const [code, ...others] = c.req.queries("code") ?? [];
  if (!code || code.length > 2048 || others.length > 0) throw refused("there is no code");
  const { provider, redirect_uri: redirectUri, code_verifier: codeVerifier } = flow;
  const settings = deps.auth.providers[provider];
  const state = c.req.query("state") ?? "";
  if (settings) return fetchProfile({ provider, code, state, redirectUri, codeVerifier }, settings);
  if (!deps.auth.hasDevLogin) throw refused("this service is not set up");
  const { redeemDevCode } = await import("./dev-sign-in.ts");
  return redeemDevCode(deps.redis, provider, code);
}

export const callbackDoc: RouteDoc = {
  summary: "The way back from a sign-in service",
  tag: "auth",
  params: providerParams,
  query: {
    code: v.optional(v.string()),
    state: v.optional(v.string()),
    error: v.optional(v.string()),
  },
  answers: {
    302: {
      about: "to /#/home, signed in, or to /#/login?error=oauth_failed",
      headers: { "Set-Cookie": "s_access and s_refresh", Location: "where to go on" },
    },
  },
  errors: ["METHOD_NOT_ALLOWED"],
};
