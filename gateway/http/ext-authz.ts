import type { Handle } from "../deps.ts";
import { authenticate } from "./auth.ts";
import { isOpenPath } from "./open-paths.ts";

/** Envoy's `path_prefix`: what follows is the path of the request that is asked about, its method is kept. */
export const extAuthzPath = "/api/v1/auth/ext-authz";

/**
 * Envoy's HTTP `ext_authz`: may this request pass? 200 with who it is, else the answer the client gets. The same
 * code as for our own routes; `x-user-id` of the client is overwritten with ours.
 */
export const extAuthz: Handle = async (c, deps) => {
  if (c.req.method === "OPTIONS" || isOpenPath(c.req.method, askedPath(c.req.url))) {
    return new Response(null);
  }
  const { userId, provider } = await authenticate(c, deps);
  return new Response(null, { headers: { "x-user-id": userId, "x-auth-provider": provider } });
};

/** As it was written: nothing is decoded or folded, so only the exact spelling of an open path is one. */
function askedPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return url.slice(start + extAuthzPath.length, query === -1 ? undefined : query);
}
