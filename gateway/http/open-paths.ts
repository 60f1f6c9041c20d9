/** Paths that answer without a token, beside sign-in. Spelled exactly so, or a token is needed. */
const open: ReadonlySet<string> = new Set([
  "GET /health",
  "GET /ready",
  "GET /api/v1/openapi.json",
  "GET /api/v1/docs",
  "POST /v1/session/connect",
  "POST /api/v1/auth/refresh",
  "POST /api/v1/auth/logout",
  "GET /api/v1/auth/.well-known/jwks.json",
  "GET /api/v1/auth/providers",
  "GET /api/v1/auth/dev/authorize",
  "GET /api/v1/auth/dev/sign-in",
]);
/** Sockets and histories of rooms ask for the token themselves: a browser sends it as a subprotocol, or none is needed. */
const room =
  /^GET \/(v1\/session\/chat|api\/v1\/rooms\/[\w-]{1,64}\/(ws|history)|api\/chat\/history\/[\w-]{1,64})$/;
/** The assistant's routes too. */
const assistant = [
  /^POST \/(api\/v1\/(assistant\/chat|chat\/messages)|chat)$/,
  /^GET \/(api\/v1\/assistant\/ws|ws\/chat)$/,
  /^(GET|DELETE) \/api\/v1\/assistant\/sessions\/[\w-]{1,128}(\/messages)?$/,
];
const signIn = /^GET \/api\/v1\/auth\/(google|kakao|naver)(\/(login|authorize|callback))?$/;
/** Pictures and their upload addresses carry their own rights. */
const ownRight =
  /^((GET|HEAD) \/api\/v1\/images\/_cdn|PUT \/api\/v1\/images\/_upload)\/[\w-]{1,64}\/[\w.-]{1,64}$/;

export function isOpenPath(method: string, path: string): boolean {
  const asked = `${method} ${path}`;
  return [signIn, ownRight, room, ...assistant].some((path) => path.test(asked)) || open.has(asked);
}
