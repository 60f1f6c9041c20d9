import { afterAll, expect, test } from "bun:test";
import { decodeJwt, SignJWT } from "jose";
import type { UserId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { auth, signIn } from "../../shared/limits.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp, testRules, testToken } from "../testing/test-app.ts";
import { Jar } from "../testing/test-sign-in.ts";
import { getOrCreateFromOAuth } from "../users/accounts.ts";
import { signedIn } from "./give-tokens.ts";
import type { Facts, Pair } from "./issue.ts";
import { endSessions } from "./sessions.ts";

const list = "/api/v1/chat";
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describeWith("redis", "postgres")("sessions", async () => {
  const [redis, database] = await Promise.all([startRedis({ aof: true }), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const use = openTestApp(stores);
  const other = openTestApp(stores);
  afterAll(async () => {
    await Promise.all([use.close(), other.close()]);
    await Promise.all([redis.stop(), database.drop()]);
  });
  await until(() => use.deps.redis.status === "ready");

  const newUser = async (): Promise<UserId> => {
    const person = { provider: "google" as const, providerUserId: crypto.randomUUID() };
    return (await getOrCreateFromOAuth(use.deps.sql, person)).userId;
  };
  const device = { deviceId: "phone-1", agent: "Chrome on Android" };
  const enter = async (user?: UserId): Promise<{ pair: Pair; facts: Facts }> =>
    signedIn(use.deps, user ?? (await newUser()), "google", device);
  const refresh = (token: string, app = use) =>
    app.send("POST", "/api/v1/auth/refresh", { headers: { cookie: `s_refresh=${token}` } });
  const pairIn = (response: Response): Pair => {
    const jar = new Jar();
    jar.take(response);
    const get = (name: string) => jar.cookies.get(name) ?? "";
    return { access: get("s_access"), refresh: get("s_refresh") };
  };
  const lets = async (access: string, app = use) =>
    (await app.send("GET", list, { headers: { authorization: `Bearer ${access}` } })).status;
  const sessionsOf = (user: UserId) => use.deps.redis.zrange(keys.sessions(user), "0", "-1");

  test("a refresh token is traded for the next one of the same session", async () => {
    const { pair, facts } = await enter();
    const answer = await refresh(pair.refresh);
    expect([answer.status, await answer.text()]).toEqual([201, ""]);
    const next = pairIn(answer);
    expect(decodeJwt(next.refresh)).toMatchObject({ sid: facts.session, sub: facts.userId });
    expect(decodeJwt(next.refresh).jti).not.toBe(facts.refreshJti);
    expect(await lets(next.access)).toBe(200);
    expect(await lets(pair.access)).toBe(200); // a request that was on its way
    expect(await use.deps.redis.hgetall(keys.session(facts.session))).toMatchObject({
      device_id: "phone-1",
      user_agent: "Chrome on Android",
    });
    expect(await sessionsOf(facts.userId)).toEqual([facts.session]);
  });

  test("two tabs that ask at once get the same pair, in two gateways", async () => {
    const { pair, facts } = await enter();
    const answers = await Promise.all(
      [use, other, use, other].map((app) => refresh(pair.refresh, app)),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map((answer) => pairIn(answer).refresh)).size).toBe(1);
    expect(new Set(answers.map((answer) => pairIn(answer).access)).size).toBe(1);
    expect(await use.deps.redis.pttl(keys.rotated(facts.refreshJti))).toBeWithin(
      1,
      signIn.graceMs + 1,
    );
  });

  test("a token used again after the grace ends every session of its user, everywhere", async () => {
    const user = await newUser();
    const [phone, laptop] = [await enter(user), await enter(user)];
    const stranger = await enter();
    const next = pairIn(await refresh(phone.pair.refresh));
    await use.deps.redis.del(keys.rotated(phone.facts.refreshJti)); // the grace is over
    const startedAt = performance.now();
    const reused = await refresh(phone.pair.refresh);
    expect([reused.status, await codeOf(reused)]).toEqual([401, "TOKEN_REVOKED"]);
    for (const access of [phone.pair.access, next.access, laptop.pair.access]) {
      expect(await lets(access)).toBe(403);
    }
    expect((await refresh(next.refresh)).status).toBe(401);
    expect((await refresh(laptop.pair.refresh)).status).toBe(401);
    expect(await sessionsOf(user)).toEqual([]);
    // without a broker the other process hears from the log
    await until(async () => (await lets(laptop.pair.access, other)) === 403, {
      timeoutMs: bound(auth.revocationsPollMs + 1000),
    });
    console.log(`reuse known everywhere after ${Math.round(performance.now() - startedAt)} ms`);
    expect(await lets(stranger.pair.access)).toBe(200);
    expect((await refresh(stranger.pair.refresh)).status).toBe(201);
  });

  test("logging out ends this session alone, also when only the refresh token is left", async () => {
    const user = await newUser();
    const [phone, laptop] = [await enter(user), await enter(user)];
    const out = (cookie: string) =>
      use.send("POST", "/api/v1/auth/logout", { headers: { cookie } });
    expect((await out(`s_refresh=${phone.pair.refresh}`)).status).toBe(200);
    expect(await lets(phone.pair.access)).toBe(403);
    expect((await refresh(phone.pair.refresh)).status).toBe(401);
    expect(await lets(laptop.pair.access)).toBe(200);
    expect((await out(`s_access=${laptop.pair.access}`)).status).toBe(200);
    expect((await refresh(laptop.pair.refresh)).status).toBe(401);
    expect(await sessionsOf(user)).toEqual([]);
    // a tab that was a moment late with the old token does not sign out another device
    const tablet = await enter(user);
    expect((await refresh(phone.pair.refresh)).status).toBe(401);
    expect(await lets(tablet.pair.access)).toBe(200);
    for (const broken of ["s_access=x; s_refresh=y", "s_refresh=a; s_refresh=b", ""]) {
      expect((await out(broken)).status).toBe(200);
    }
  });

  test("a log-out while Redis says nothing is a 503 to come again on, and then succeeds", async () => {
    const { pair } = await enter();
    const out = () =>
      use.send("POST", "/api/v1/auth/logout", {
        headers: { cookie: `s_access=${pair.access}; s_refresh=${pair.refresh}` },
      });
    const admin = use.deps.redis.duplicate();
    await admin.call("client", "pause", "4000", "all");
    const refused = await out(); // before Redis says anything again, or it would be a 200
    expect([refused.status, await codeOf(refused)]).toEqual([503, "UNAVAILABLE"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await until(async () => (await out()).status === 200);
    expect(await lets(pair.access)).toBe(403);
    expect((await refresh(pair.refresh)).status).toBe(401);
    admin.disconnect();
  });

  test("an access token of before the rotation is revoked with its session", async () => {
    const { pair, facts } = await enter();
    await refresh(pair.refresh);
    await endSessions(use.deps, facts.userId, undefined);
    expect(await lets(pair.access)).toBe(403);
  });

  test("the session unused for longest gives way to the one too many", async () => {
    const user = await newUser();
    const all = [await enter(user)];
    await Bun.sleep(2); // its millisecond is over: no other is as old
    for (let n = 1; n <= signIn.sessionsPerUser; n++) all.push(await enter(user));
    expect(await sessionsOf(user)).toHaveLength(signIn.sessionsPerUser);
    expect((await refresh(all[0]?.pair.refresh ?? "")).status).toBe(401);
    expect(await lets(all[0]?.pair.access ?? "")).toBe(403);
    expect((await refresh(all[1]?.pair.refresh ?? "")).status).toBe(201);
  });

  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: crypto.randomUUID(), jti: "1", sid: "1", provider: "google", ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(testRules.issuer)
      .setAudience(testRules.audience)
      .sign(new TextEncoder().encode(testRules.secret));
  const now = Math.floor(Date.now() / 1000);
  const good = { type: "refresh", iat: now, exp: now + 600 };

  test.each([
    ["nothing", {}, 401, "REFRESH_TOKEN_REQUIRED"],
    ["words", { cookie: "s_refresh=abc" }, 401, "INVALID_TOKEN"],
    ["another name", { cookie: "xs_refresh=abc" }, 401, "REFRESH_TOKEN_REQUIRED"],
    ["two of one name", { cookie: "s_refresh=a; s_refresh=a" }, 401, "INVALID_TOKEN"],
    ["a bare header", { "x-refresh-token": "abc" }, 401, "INVALID_TOKEN"],
    [
      "an access token",
      { "x-refresh-token": `Bearer ${await testToken(crypto.randomUUID(), { type: "access" })}` },
      400,
      "TOKEN_TYPE_MISMATCH",
    ],
    [
      "an old token",
      { authorization: `Bearer ${await sign({ ...good, exp: now - 60 })}` },
      401,
      "TOKEN_EXPIRED",
    ],
    [
      "a token of no session",
      { authorization: `Bearer ${await sign({ ...good, sid: undefined })}` },
      401,
      "INVALID_TOKEN",
    ],
    ["no account", { authorization: `Bearer ${await sign(good)}` }, 401, "USER_NOT_FOUND"],
    [
      "another page",
      { cookie: "s_refresh=abc", origin: "https://evil.example" },
      401,
      "UNAUTHORIZED",
    ],
  ] as const)("refreshing with %s", async (_name, headers, status, code) => {
    const answer = await use.send("POST", "/api/v1/auth/refresh", { headers });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  test("the header counts before the cookie, and needs no origin", async () => {
    const { pair } = await enter();
    const headers = { "x-refresh-token": `Bearer ${pair.refresh}`, cookie: "s_refresh=x" };
    expect((await use.send("POST", "/api/v1/auth/refresh", { headers })).status).toBe(201);
  });

  test("a database that is away signs nobody out", async () => {
    const { pair } = await enter();
    const alone = openTestApp(stores);
    await alone.deps.sql.end({ timeout: 1 });
    expect((await refresh(pair.refresh, alone)).status).toBe(201);
    await alone.close();
  });
});
