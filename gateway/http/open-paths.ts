/** Paths that answer without a token, beside sign-in. Spelled exactly so, or a token is needed. */
const open: ReadonlySet<string> = new Set([
  "GET /health",
  "GET /ready",
  "GET /api/v1/openapi.json",
  "GET /api/v1/docs",
  "POST /api/v1/auth/refresh",
  "POST /api/v1/auth/logout",
  "GET /api/v1/auth/.well-known/jwks.json",
]);
const signIn = /^GET \/api\/v1\/auth\/(google|kakao|naver)(\/(login|authorize|callback))?$/;
/** Pictures and their upload addresses carry their own rights. */
const ownRight =
  /^((GET|HEAD) \/api\/v1\/images\/_cdn|PUT \/api\/v1\/images\/_upload)\/[\w-]{1,64}\/[\w.-]{1,64}$/;

export function isOpenPath(method: string, path: string): boolean {
  const asked = `${method} ${path}`;
  return open.has(asked) || signIn.test(asked) || ownRight.test(asked);
}
