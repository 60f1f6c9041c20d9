import type { Handle } from "../deps.ts";
import { authenticate } from "./auth.ts";
import { isOpenPath } from "./open-paths.ts";

/**
 * Envoy's `path_prefix` is this and `?path=`: what follows is the path of the request that is asked about, as it was
 * written. The path alone is a prefix too, for proxies that fold paths themselves (`normalize_path`, as Istio does):
 * the server folds `..` and `\` of a path before anybody sees it.
 */
export const extAuthzPath = "/api/v1/auth/ext-authz";
const asQuery = "?path=";

/** Envoy takes these from a request that nobody vouches for, so that no service believes what a client says of itself. */
const forget = { "x-envoy-auth-headers-to-remove": "x-user-id, x-auth-provider" } as const;

/**
 * Envoy's HTTP `ext_authz`: may this request pass? 200 with who it is, else the answer the client gets. The same
 * code as for our own routes; `x-user-id` of the client is overwritten with ours, or taken away.
 */
export const extAuthz: Handle = async (c, deps) => {
  if (c.req.method === "OPTIONS" || isOpenPath(c.req.method, askedPath(c.req.url))) {
    return new Response(null, { headers: forget });
  }
  const { userId, provider } = await authenticate(c, deps);
  return new Response(null, { headers: { "x-user-id": userId, "x-auth-provider": provider } });
};

/** Nothing is decoded or folded here: only the exact spelling of an open path is one. */
function askedPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const rest = url.slice(start + extAuthzPath.length);
  const asked = rest.startsWith(asQuery) ? rest.slice(asQuery.length) : rest;
  const query = asked.indexOf("?");
  return query === -1 ? asked : asked.slice(0, query);
}
