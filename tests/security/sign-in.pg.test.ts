import { afterAll, expect, test } from "bun:test";
import { signedIn } from "../../gateway/auth/give-tokens.ts";
import { testCallback, testProviders } from "../../gateway/testing/test-sign-in.ts";
import { getOrCreateFromOAuth, providers } from "../../gateway/users/accounts.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { startFakeOAuth } from "../fakes/fake-oauth.ts";
import type { Answer } from "./raw-http.ts";
import { runProbes } from "./run-probes.ts";
import { base, type Probe, startTarget, tokenOf } from "./target.ts";

const auth = "/api/v1/auth";
const evil = "https://evil.example";
const sorry = "/#/login?error=oauth_failed";

describeWith("redis", "postgres")("what an attacker tries at the door", async () => {
  const fake = startFakeOAuth(providers.map(testCallback));
  const target = await startTarget({ signIn: { providers: testProviders(fake) } });
  afterAll(async () => {
    await target.stop();
    await fake.stop();
  });
  const { deps } = target.use;
  await until(() => deps.redis.status === "ready");
  const person = { provider: "google", providerUserId: "1" } as const;
  const { userId } = await getOrCreateFromOAuth(deps.sql, person);
  const device = { deviceId: undefined, agent: "other" };
  const { pair, facts } = await signedIn(deps, userId, "google", device);

  const none = { user: null };
  const get = (path: string, ...headers: string[]): Probe => ({ path, ...none, headers });
  const post = (path: string, ...headers: string[]): Probe => ({
    method: "POST",
    path,
    ...none,
    headers: ["Content-Length: 0", ...headers],
  });
  const refreshWith = (token: string) => post(`${auth}/refresh`, `Cookie: s_refresh=${token}`);
  const forged = (claims: Record<string, unknown>, header = {}, secret?: string) =>
    tokenOf(
      userId,
      { type: "refresh", sid: facts.session, jti: facts.refreshJti, provider: "google", ...claims },
      header,
      ...(secret === undefined ? [] : [secret]),
    );
  const started = async (provider = "google", query = ""): Promise<URL> => {
    const answer = await target.send(get(`${auth}/${provider}${query}`));
    const { data } = JSON.parse(answer.text) as { data: { authorization_url: string } };
    return new URL(data.authorization_url);
  };
  const codeFor = async (url: URL): Promise<URL> => {
    const asked = await fetch(url, { redirect: "manual" });
    return new URL(asked.headers.get("location") ?? "");
  };

  runProbes(target, [
    ["an access token as a refresh token", 400, "TOKEN_TYPE_MISMATCH", refreshWith(pair.access)],
    [
      "a refresh token as an access token",
      401,
      "UNAUTHORIZED",
      get(base, `Cookie: s_access=${pair.refresh}`),
    ],
    [
      "a refresh token as a bearer",
      401,
      "UNAUTHORIZED",
      get(base, `Authorization: Bearer ${pair.refresh}`),
    ],
    [
      "a token without a type, refreshed",
      400,
      "TOKEN_TYPE_MISMATCH",
      refreshWith(await forged({ type: undefined })),
    ],
    ["type REFRESH", 400, "TOKEN_TYPE_MISMATCH", refreshWith(await forged({ type: "REFRESH" }))],
    [
      "two refresh cookies",
      401,
      "INVALID_TOKEN",
      post(`${auth}/refresh`, `Cookie: s_refresh=${pair.refresh}; s_refresh=${pair.refresh}`),
    ],
    [
      "two access cookies, one good",
      401,
      "UNAUTHORIZED",
      get(base, `Cookie: s_access=x; s_access=${pair.access}`),
    ],
    ["xs_access", 401, "UNAUTHORIZED", get(base, `Cookie: xs_access=${pair.access}`)],
    [
      "xs_refresh",
      401,
      "REFRESH_TOKEN_REQUIRED",
      post(`${auth}/refresh`, `Cookie: xs_refresh=${pair.refresh}`),
    ],
    [
      "s_refresh in another case",
      401,
      "REFRESH_TOKEN_REQUIRED",
      post(`${auth}/refresh`, `Cookie: S_Refresh=${pair.refresh}`),
    ],
    [
      "refresh from another page",
      401,
      "UNAUTHORIZED",
      post(`${auth}/refresh`, `Cookie: s_refresh=${pair.refresh}`, `Origin: ${evil}`),
    ],
    [
      "refresh cross-site without an origin",
      401,
      "UNAUTHORIZED",
      post(`${auth}/refresh`, `Cookie: s_refresh=${pair.refresh}`, "Sec-Fetch-Site: cross-site"),
    ],
    [
      "refresh by GET",
      405,
      "METHOD_NOT_ALLOWED",
      get(`${auth}/refresh`, `Cookie: s_refresh=${pair.refresh}`),
    ],
    [
      "log-out from another page",
      401,
      "UNAUTHORIZED",
      post(`${auth}/logout`, `Cookie: s_access=${pair.access}`, `Origin: ${evil}`),
    ],
    [
      "log-out by GET",
      405,
      "METHOD_NOT_ALLOWED",
      get(`${auth}/logout`, `Cookie: s_access=${pair.access}`),
    ],
    ["another secret", 401, "INVALID_TOKEN", refreshWith(await forged({}, {}, "z".repeat(40)))],
    ["kid a path", 401, "INVALID_TOKEN", refreshWith(await forged({}, { kid: "../../dev/null" }))],
    ["HS512", 401, "INVALID_TOKEN", refreshWith(await forged({}, { alg: "HS512" }))],
    ["another audience", 401, "INVALID_TOKEN", refreshWith(await forged({ aud: "x" }))],
    ["another issuer", 401, "INVALID_TOKEN", refreshWith(await forged({ iss: "x" }))],
    ["no session", 401, "INVALID_TOKEN", refreshWith(await forged({ sid: undefined }))],
    [
      "a session with a line feed",
      401,
      "INVALID_TOKEN",
      refreshWith(await forged({ sid: "a\nb", iat: 1 })),
    ],
    [
      "somebody's session",
      401,
      "USER_NOT_FOUND",
      refreshWith(await forged({ sub: crypto.randomUUID(), iat: 1 })),
    ],
    [
      "a session nobody opened",
      401,
      "TOKEN_REVOKED",
      refreshWith(await forged({ sid: "x", iat: 1 })),
    ],
    [
      "a refresh token of 8 kB",
      401,
      "INVALID_TOKEN",
      refreshWith(`${pair.refresh}${"a".repeat(8000)}`),
    ],
    [
      "a refresh token in the query",
      401,
      "REFRESH_TOKEN_REQUIRED",
      post(`${auth}/refresh?refresh_token=${pair.refresh}`),
    ],
    [
      "a refresh token with a comma",
      401,
      "INVALID_TOKEN",
      post(`${auth}/refresh`, `X-Refresh-Token: Bearer ${pair.refresh},x`),
    ],
    ["an unknown service", 422, "VALIDATION_ERROR", get(`${auth}/facebook`)],
    ["a service that is a prototype", 422, "VALIDATION_ERROR", get(`${auth}/__proto__`)],
    ["a service in capitals", 422, "VALIDATION_ERROR", get(`${auth}/GOOGLE`)],
    ["a service with a path", 422, "VALIDATION_ERROR", get(`${auth}/google%2f..%2fkakao`)],
    ["HEAD of a start", 405, undefined, { ...get(`${auth}/google`), method: "HEAD" }],
    ["POST of a callback", 405, "METHOD_NOT_ALLOWED", post(`${auth}/google/callback`)],
    ["the development sign-in", 404, "NOT_FOUND", get(`${auth}/dev/authorize`)],
    ["its form", 404, "NOT_FOUND", get(`${auth}/dev/sign-in?name=admin`)],
    ["a key set while a secret signs", 404, "NOT_FOUND", get(`${auth}/.well-known/jwks.json`)],
    ["a forged x-user-id", 401, "UNAUTHORIZED", get("/api/v1/authz/ping", `X-User-Id: ${userId}`)],
    [
      "the ping, by the cookie",
      200,
      undefined,
      get("/api/v1/authz/ping", `Cookie: s_access=${pair.access}`),
    ],
  ]);

  /** Name and path of a callback that must end at our own sign-in page, without a cookie. */
  const callbacks: readonly (readonly [string, () => string | Promise<string>])[] = [
    ["no state", () => "?code=x"],
    ["an empty state", () => "?code=x&state="],
    ["a state of somebody's own", () => `?code=x&state=${"s".repeat(43)}`],
    ["a state with a key of ours", () => "?code=x&state=../../auth:revocations"],
    ["a state of 8 kB", () => `?code=x&state=${"s".repeat(8000)}`],
    [
      "two states",
      async () => `${(await codeFor(await started())).search}&state=${"s".repeat(43)}`,
    ],
    ["two codes", async () => `${(await codeFor(await started())).search}&code=y`],
    [
      "a code of 4 kB",
      async () => `?state=${(await started()).searchParams.get("state")}&code=${"c".repeat(4000)}`,
    ],
    ["no code", async () => `?state=${(await started()).searchParams.get("state")}`],
    [
      "an error",
      async () => `?error=access_denied&state=${(await started()).searchParams.get("state")}`,
    ],
    ["an error and a code", async () => `${(await codeFor(await started())).search}&error=x`],
    ["another service's state", async () => (await codeFor(await started("kakao"))).search],
    [
      "another service's code",
      async () => {
        const code = (await codeFor(await started("kakao"))).searchParams.get("code");
        return `?code=${code}&state=${(await started()).searchParams.get("state")}`;
      },
    ],
    [
      "a code of another sign-in (PKCE)",
      async () => {
        const code = (await codeFor(await started())).searchParams.get("code");
        return `?code=${code}&state=${(await started()).searchParams.get("state")}`;
      },
    ],
    [
      "a used state",
      async () => {
        const { search } = await codeFor(await started());
        await target.send(get(`${auth}/google/callback${search}`));
        return search;
      },
    ],
    ["a line feed in the state", () => "?code=x&state=a%0d%0aSet-Cookie:%20s_access=x"],
    [
      "a line feed in the code",
      async () =>
        `?code=a%0d%0aLocation:%20${evil}&state=${(await started()).searchParams.get("state")}`,
    ],
    ["a page elsewhere", () => `?code=x&state=x&frontend_origin=${evil}&redirect_uri=${evil}`],
  ];
  console.log(`${callbacks.length} callbacks beside them`);
  const expectSorry = (answer: Answer) => {
    expect([answer.status, answer.headers.get("location")]).toEqual([302, sorry]);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.text).toBe("");
  };
  test.each(callbacks)("a callback with %s", async (_name, query) =>
    expectSorry(await target.send(get(`${auth}/google/callback${await query()}`))),
  );

  test("a browser that did not begin the sign-in is not signed in", async () => {
    const { search } = await codeFor(await started());
    const lured = get(`${auth}/google/callback${search}`, "Sec-Fetch-Mode: navigate");
    expectSorry(await target.send(lured));
    const again = await codeFor(await started());
    const fixed = `Cookie: __Host-s_oauth=${"a".repeat(43)}; __Host-s_oauth=${"b".repeat(43)}`;
    const path = `${auth}/google/callback${again.search}`;
    expectSorry(await target.send(get(path, fixed, "Sec-Fetch-Mode: navigate")));
  });

  test.each([
    evil,
    "https://eco2.example.evil.example",
    "https://eco2.example@evil.example",
    "//evil.example",
    "https://eco2.example/path",
    "https://eco2.example%0d%0aX: 1",
    "javascript:alert(1)",
    "null",
  ])("the way back never leads to %s", async (origin) => {
    const at = encodeURIComponent(origin);
    const url = await started("google", `?frontend_origin=${at}&redirect_uri=${at}`);
    expect(url.searchParams.get("redirect_uri")).toBe(testCallback("google"));
    const back = await codeFor(url);
    const done = await target.send(get(`${auth}/google/callback${back.search}`));
    expect([done.status, done.headers.get("location")]).toEqual([302, "/#/home"]);
  });

  test("nothing the attacker did ended the person's session", async () => {
    const answer = await target.send(refreshWith(pair.refresh));
    expect(answer.status).toBe(201);
  });
});
