import { afterAll, expect, test } from "bun:test";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";
import { testUser as user } from "../testing/test-job.ts";

const base = "/api/v1/chat";

describeWith("redis", "postgres")("who asks", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });

  test.each([
    ["another secret", {}, "HS256", new TextEncoder().encode("x".repeat(40))],
    ["another algorithm", {}, "HS512", undefined],
    ["no expiry", { exp: undefined }, "HS256", undefined],
    ["a time that is over", { exp: Math.floor(Date.now() / 1000) - 61 }, "HS256", undefined],
    ["another issuer", { iss: "someone" }, "HS256", undefined],
    ["another audience", { aud: "someone" }, "HS256", undefined],
    ["a subject that is no UUID", { sub: "admin" }, "HS256", undefined],
    ["no jti", { jti: undefined }, "HS256", undefined],
  ] as const)("a token with %s is refused", async (_name, claims, alg, secret) => {
    const token = await testToken(user, claims, alg, secret);
    const headers = { cookie: `s_access=${token}` };
    expect((await use.send("GET", base, { headers })).status).toBe(401);
  });

  test("the cookie counts for a write only from our own page or a listed origin", async () => {
    const cookie = `s_access=${await testToken(user)}`;
    const status = async (headers: Record<string, string>) =>
      (await use.send("POST", base, { headers: { cookie, ...headers } })).status;
    expect(await status({})).toBe(201);
    expect(await status({ origin: "https://eco2.example" })).toBe(201);
    expect(await status({ origin: "http://gateway.test", host: "gateway.test" })).toBe(201);
    expect(await status({ origin: "https://evil.example" })).toBe(401);
    expect(await status({ origin: "null" })).toBe(401);
  });

  test("a refusal says which of three it is, in the words other services of the house use", async () => {
    use.deps.revocations.add("gone", Date.now() + 60_000);
    const revoked = await testToken(user, { jti: "gone" });
    for (const [authorization, status, detail] of [
      [undefined, 401, "Missing Authorization header"],
      ["Bearer x", 401, "Invalid token"],
      [`Bearer ${revoked}`, 403, "Token is blacklisted"],
    ] as const) {
      const headers: Record<string, string> = authorization ? { authorization } : {};
      const answer = await use.send("GET", base, { headers });
      expect([answer.status, await answer.json()]).toMatchObject([status, { detail }]);
    }
  });

  const authz = "/api/v1/auth/ext-authz";
  test("ext_authz says who asks, and overwrites who they say they are", async () => {
    const asked = await use.send("GET", `${authz}/api/v1/news?token=x`, {
      user,
      headers: { "x-user-id": "11111111-1111-4111-8111-111111111111", "x-auth-provider": "root" },
    });
    expect(asked.status).toBe(200);
    expect(asked.headers.get("x-user-id")).toBe(user);
    expect(asked.headers.get("x-auth-provider")).toBe("unknown");
  });

  test.each([
    ["GET", "/api/v1/news", 401],
    ["GET", "", 401],
    ["OPTIONS", "/api/v1/news", 200],
    ["GET", "/health", 200],
    ["GET", "/api/v1/auth/google/callback", 200],
    ["POST", "/api/v1/auth/google/callback", 401],
    ["GET", "/api/v1/auth/google/../../news", 401],
    ["GET", "/api/v1/auth/google/%2e%2e/news", 401],
    ["GET", "/api/v1/auth/google%2f..%2f..%2fnews", 401],
    ["GET", "//health", 401],
    ["GET", "/health/", 401],
    ["GET", "/health;/api/v1/news", 401],
    ["GET", "/%68ealth", 401],
    ["GET", "/api/v1/news?/health", 401],
  ])("ext_authz without a token: %s %p is %i", async (method, path, status) => {
    expect((await use.send(method, `${authz}${path}`)).status).toBe(status);
  });

  test("CORS answers listed origins only", async () => {
    const preflight = (origin: string) =>
      use.send("OPTIONS", base, { headers: { origin, "access-control-request-method": "POST" } });
    const listed = await preflight("https://eco2.example");
    expect(listed.status).toBe(204);
    expect(listed.headers.get("access-control-allow-origin")).toBe("https://eco2.example");
    expect(listed.headers.get("access-control-allow-credentials")).toBe("true");
    // also on what a handler made by itself: a stream, or the answer of the gate
    const headers = { origin: "https://eco2.example", "x-request-id": "here-1" };
    const asked = await use.send("GET", `${authz}/x`, { user, headers });
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      "access-control-allow-origin": "https://eco2.example",
      "x-request-id": "here-1",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    });
    const refused = await use.send("GET", base, { headers });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://eco2.example");
    const other = await preflight("https://eco2.example.evil.example");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });
});
