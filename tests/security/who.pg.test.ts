import { afterAll, expect, test } from "bun:test";
import { describeWith } from "../../shared/testing/services.ts";
import { runProbes } from "./run-probes.ts";
import { base, owner, type Probe, startTarget, tokenOf } from "./target.ts";

describeWith("redis", "postgres")("who an attacker claims to be", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());
  const { chat } = target;
  const now = Math.floor(Date.now() / 1000);
  const get = (path: string, more: Partial<Probe> = {}): Probe => ({ path, ...more });

  const bearer = (token: string, path = base): Probe => ({
    path,
    user: null,
    headers: [`Authorization: Bearer ${token}`],
  });
  const none = { user: null };
  const good = await tokenOf(owner);
  const b64 = (text: string) => Buffer.from(text).toString("base64url");
  const [, payload = "", signature = ""] = good.split(".");
  const unsigned = `${b64('{"alg":"none"}')}.${payload}.`;

  runProbes(target, [
    ["no token", 401, "UNAUTHORIZED", get(base, none)],
    ["an empty bearer", 401, "UNAUTHORIZED", bearer("")],
    ["basic", 401, "UNAUTHORIZED", { ...get(base, none), headers: ["Authorization: Basic YTpi"] }],
    [
      "a bare token",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: [`Authorization: ${good}`] },
    ],
    ["two tokens in one header", 401, "UNAUTHORIZED", bearer(`${good}, ${good}`)],
    [
      "two authorization headers",
      401,
      "UNAUTHORIZED",
      { path: base, headers: [`Authorization: Bearer ${good}`] },
    ],
    ["alg none", 401, "UNAUTHORIZED", bearer(unsigned)],
    ["alg none with a signature", 401, "UNAUTHORIZED", bearer(`${unsigned}${signature}`)],
    ["another secret", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, {}, {}, "x".repeat(40)))],
    ["HS384", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, {}, { alg: "HS384" }))],
    [
      "kid a path",
      401,
      "UNAUTHORIZED",
      bearer(await tokenOf(owner, {}, { kid: "../../dev/null" })),
    ],
    [
      "kid a URL",
      401,
      "UNAUTHORIZED",
      bearer(await tokenOf(owner, {}, { kid: "http://127.0.0.1/k" })),
    ],
    [
      "kid a prototype",
      401,
      "UNAUTHORIZED",
      bearer(await tokenOf(owner, {}, { kid: "__proto__" })),
    ],
    [
      "jku",
      401,
      "UNAUTHORIZED",
      bearer(await tokenOf(owner, {}, { jku: "http://evil" }, "y".repeat(40))),
    ],
    ["another aud", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { aud: "other" }))],
    ["another iss", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { iss: "other" }))],
    ["no exp", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { exp: undefined }))],
    ["a far exp", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { exp: now + 90 * 86_400 }))],
    ["an exp that is over", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { exp: now - 61 }))],
    ["exp a text", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { exp: `${now + 60}` }))],
    ["nbf ahead", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { nbf: now + 600 }))],
    ["no jti", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { jti: undefined }))],
    ["jti a list", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { jti: ["1"] }))],
    ["no sub", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { sub: undefined }))],
    ["sub a wildcard", 401, "UNAUTHORIZED", bearer(await tokenOf("*"))],
    ["sub an injection", 401, "UNAUTHORIZED", bearer(await tokenOf(`${owner}' or '1'='1`))],
    ["a refresh token", 401, "UNAUTHORIZED", bearer(await tokenOf(owner, { type: "refresh" }))],
    ["a cut token", 401, "UNAUTHORIZED", bearer(good.slice(0, -4))],
    [
      "another payload",
      401,
      "UNAUTHORIZED",
      bearer(good.replace(payload, b64(`{"sub":"${owner}"}`))),
    ],
    ["a token of 8 kB", 401, "UNAUTHORIZED", bearer(`${good}${"a".repeat(8000)}`)],
    [
      "a token in the query",
      401,
      "UNAUTHORIZED",
      get(`${base}?token=${good}&access_token=${good}`, none),
    ],
    ["a token in the path", 404, "NOT_FOUND", get(`${base}/${chat}/${good}`, none)],
    ["the cookie", 200, undefined, { ...get(base, none), headers: [`Cookie: s_access=${good}`] }],
    [
      "two cookies of one name",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: [`Cookie: s_access=${good}; s_access=${good}`] },
    ],
    [
      "a longer name",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: [`Cookie: xs_access=${good}`] },
    ],
    [
      "another case",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: [`Cookie: S_ACCESS=${good}`] },
    ],
    [
      "the refresh cookie",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: [`Cookie: s_refresh=${good}`] },
    ],
    [
      "a bad header beats a good cookie",
      401,
      "UNAUTHORIZED",
      { ...get(base, none), headers: ["Authorization: Bearer x", `Cookie: s_access=${good}`] },
    ],
  ]);

  const cookie = `Cookie: s_access=${good}`;
  const write = (...headers: string[]): Probe => ({
    method: "POST",
    path: base,
    ...none,
    headers: [cookie, "Content-Length: 0", ...headers],
  });
  runProbes(target, [
    ["a cookie write from our page", 201, undefined, write("Origin: http://gateway.test")],
    ["from a listed origin", 201, undefined, write("Origin: https://eco2.example")],
    ["from elsewhere", 401, "UNAUTHORIZED", write("Origin: https://evil.example")],
    ["from null", 401, "UNAUTHORIZED", write("Origin: null")],
    ["from a longer host", 401, "UNAUTHORIZED", write("Origin: https://eco2.example.evil.example")],
    [
      "from a host with a user",
      401,
      "UNAUTHORIZED",
      write("Origin: https://gateway.test@evil.example"),
    ],
    [
      "with a forged host of the proxy",
      401,
      "UNAUTHORIZED",
      write("Origin: https://evil.example", "X-Forwarded-Host: evil.example"),
    ],
    ["cross-site without an origin", 401, "UNAUTHORIZED", write("Sec-Fetch-Site: cross-site")],
    [
      "another page reads",
      200,
      undefined,
      { ...get(base, none), headers: [cookie, "Origin: https://evil.example"] },
    ],
  ]);

  const gate = "/api/v1/auth/ext-authz?path=";
  runProbes(target, [
    ["the gate, by a token", 200, undefined, get(`${gate}/api/v1/news?a=1`)],
    ["the gate, an open path", 200, undefined, get(`${gate}/api/v1/docs`, none)],
    ["the gate, its query", 200, undefined, get(`${gate}/api/v1/docs?a=1`, none)],
    ["the gate, no path", 401, "UNAUTHORIZED", get(gate, none)],
    ...[
      "/api/v1/news",
      "/api/v1/news/../docs",
      "/api/v1/news/..\\docs",
      "/x\\..\\api\\v1\\docs",
      "/api/v1\\docs",
      "/../../../../health",
      "/../ext-authz?path=/health",
      "/api/v1/news/%2e%2e/docs",
      "/api/v1/docs#/../news",
      "/api/v1/docs;/../news",
      "/api/v1/news?/api/v1/docs",
      "//api/v1/docs",
      "/api/v1/docs/",
      "?path=/api/v1/docs",
      "http://gateway.test/api/v1/docs",
    ].map(
      (path) => [`the gate, ${path}`, 401, "UNAUTHORIZED", get(`${gate}${path}`, none)] as const,
    ),
  ]);

  test("who nobody vouches for keeps no name behind the gate", async () => {
    const headers = [`X-User-Id: ${owner}`, "X-Auth-Provider: root"];
    for (const [method, path] of [
      ["GET", `${gate}/api/v1/docs`],
      ["GET", "/api/v1/auth/ext-authz/api/v1/docs"],
      ["OPTIONS", `${gate}/api/v1/news`],
    ] as const) {
      const answer = await target.send({ method, path, ...none, headers });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-user-id")).toBeNull();
      const taken = answer.headers.get("x-envoy-auth-headers-to-remove");
      expect(taken).toBe("x-user-id, x-auth-provider");
    }
  });

  test("another origin gets no CORS header, whatever it asks", async () => {
    for (const origin of ["https://evil.example", "null", "https://eco2.example:444", "*"]) {
      for (const method of ["GET", "OPTIONS"]) {
        const headers = [`Origin: ${origin}`, "Access-Control-Request-Method: POST"];
        const answer = await target.send({ method, path: base, headers });
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
        expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      }
    }
  });
});
