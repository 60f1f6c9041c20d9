import { afterAll, expect, test } from "bun:test";
import { decodeJwt } from "jose";
import { keys } from "../../shared/keys.ts";
import { signIn } from "../../shared/limits.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { startFakeOAuth } from "../../tests/fakes/fake-oauth.ts";
import { openTestApp } from "../testing/test-app.ts";
import {
  browser,
  failed,
  Jar,
  signInBy,
  testCallback,
  testProviders,
  whereTo,
} from "../testing/test-sign-in.ts";
import { getUser, providers } from "../users/accounts.ts";

const listed = "https://eco2.example";
const home = [302, "/#/home"];

describeWith("redis", "postgres")("sign-in", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const fake = startFakeOAuth(providers.map(testCallback));
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const use = openTestApp({ ...stores, signIn: { providers: testProviders(fake, 300) } });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop(), fake.stop()]);
  });
  const claimsOf = (jar: Jar, name = "s_access") => decodeJwt(jar.cookies.get(name) ?? "");

  test.each([...providers])("by %s: cookies, an account, a trace", async (provider) => {
    const picture = "http://img.example/a.png";
    const person = { id: "2001", name: "초록\u0000이", email: "green@example.com", picture };
    fake.person(person);
    const jar = new Jar();
    const back = await signInBy(use, provider, { jar });
    expect(whereTo(back)).toEqual(home);
    const set = back.headers.getSetCookie();
    expect(set.map((line) => line.replace(/=[^;]+/, "="))).toEqual([
      "s_access=; Max-Age=10800; Path=/; HttpOnly; Secure; SameSite=Lax",
      "s_refresh=; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
    const access = claimsOf(jar);
    expect(access).toMatchObject({ type: "access", provider, iss: "eco2", aud: "eco2-api" });
    expect((access.exp ?? 0) - (access.iat ?? 0)).toBe(10_800);
    expect(access.nbf).toBe(access.iat as number);
    expect(claimsOf(jar, "s_refresh")).toMatchObject({ type: "refresh", sub: access.sub });
    const userId = access.sub as Parameters<typeof getUser>[1];
    const account = await getUser(use.deps.sql, userId);
    expect(account).toMatchObject({
      nickname: "초록이",
      email: "green@example.com",
      profile_image_url: "https://img.example/a.png",
    });
    const list = await use.send("GET", "/api/v1/chat", { headers: jar.header });
    expect(list.status).toBe(200);
    const rows = await use.deps.sql`select provider, jti, login_ip, user_agent
      from auth.login_audits where user_id = ${userId}`;
    expect([...rows]).toEqual([{ provider, jti: access.jti, login_ip: null, user_agent: "other" }]);
    const again = new Jar();
    await signInBy(use, provider, { jar: again });
    expect(claimsOf(again).sub).toBe(access.sub);
  });

  test("what goes to the service: PKCE where it has it, our redirect, nothing of the client's state", async () => {
    const asked = `?redirect_uri=https://evil.example/cb&state=mine&frontend_origin=https://evil.example`;
    for (const provider of providers) {
      expect((await use.send("GET", `/api/v1/auth/${provider}/login${asked}`)).status).toBe(200);
      const answer = await use.send("GET", `/api/v1/auth/${provider}/authorize${asked}`);
      const body = (await answer.json()) as { authorization_url: string; state: string };
      const { searchParams } = new URL(body.authorization_url);
      expect(searchParams.get("redirect_uri")).toBe(testCallback(provider));
      expect(searchParams.get("state")).toBe(body.state);
      expect(body.state).toMatch(/^[\w-]{43}$/);
      expect(searchParams.get("code_challenge_method")).toBe(provider === "naver" ? null : "S256");
      const kept = JSON.parse((await use.deps.redis.get(keys.oauthState(body.state))) ?? "{}");
      expect(kept).toMatchObject({ provider, frontend_origin: null, device_id: null });
      expect(await use.deps.redis.ttl(keys.oauthState(body.state))).toBeWithin(
        signIn.stateSeconds - 5,
        signIn.stateSeconds + 1,
      );
    }
  });

  test("a listed page gets its person back, also when it fails", async () => {
    fake.person({ id: "2002" });
    const query = `?frontend_origin=${listed}`;
    expect(whereTo(await signInBy(use, "kakao", { query }))).toEqual([302, `${listed}/#/home`]);
    fake.person({ id: "2002" }, false);
    expect(whereTo(await signInBy(use, "kakao", { query }))).toEqual(failed(listed));
    const header = await use.send("GET", "/api/v1/auth/kakao", {
      headers: { "x-frontend-origin": listed },
    });
    const { data } = (await header.json()) as { data: { state: string } };
    expect(await use.deps.redis.get(keys.oauthState(data.state))).toContain(listed);
  });

  test.each([
    ["token", "invalid_grant"],
    ["token", "server_error"],
    ["token", "hang"],
    ["token", "html"],
    ["token", "empty"],
    ["token", "no_token"],
    ["token", "redirect"],
    ["profile", "server_error"],
    ["profile", "hang"],
    ["profile", "html"],
    ["profile", "no_id"],
  ] as const)("the %s endpoint: %s ends at the sign-in page", async (at, trouble) => {
    fake.person({ id: "2003" });
    fake.trouble(at, trouble);
    for (const provider of providers) {
      const jar = new Jar();
      expect(whereTo(await signInBy(use, provider, { jar }))).toEqual(failed());
      expect(jar.cookies.has("s_access")).toBeFalse();
    }
    fake.trouble(at, undefined);
  });

  test("a client secret that is wrong, and a service that is not there", async () => {
    const wrong = testProviders(fake);
    const { google } = wrong;
    if (!google) throw new Error("no google");
    const other = openTestApp({
      ...stores,
      signIn: {
        providers: {
          google: { ...google, clientSecret: "wrong" },
          naver: {
            ...google,
            redirectUris: [testCallback("naver")],
            baseUrl: "http://127.0.0.1:1",
          },
        },
      },
    });
    expect(whereTo(await signInBy(other, "google"))).toEqual(failed());
    const away = await other.send("GET", "/api/v1/auth/naver");
    const { data } = (await away.json()) as { data: { state: string } };
    const back = `/api/v1/auth/naver/callback?code=x&state=${data.state}`;
    expect(whereTo(await other.send("GET", back))).toEqual(failed());
    const none = await other.send("GET", "/api/v1/auth/kakao");
    expect(none.status).toBe(503);
    expect(await none.json()).toMatchObject({ code: "OAUTH_NOT_CONFIGURED" });
    await other.close();
  });

  test("a state is good once, for its service, and in the browser that began", async () => {
    fake.person({ id: "2004" });
    let used = "";
    const jar = new Jar();
    const keep = (back: URL) => (used = back.pathname + back.search);
    expect(whereTo(await signInBy(use, "google", { jar, change: keep }))).toEqual(home);
    const replay = await use.send("GET", used, { headers: { ...browser, ...jar.header } });
    expect(whereTo(replay)).toEqual(failed());
    const foreign = (back: URL) => (back.pathname = back.pathname.replace("google", "kakao"));
    expect(whereTo(await signInBy(use, "google", { change: foreign }))).toEqual(failed());
    const twice = (back: URL) => back.searchParams.append("state", "x".repeat(43));
    expect(whereTo(await signInBy(use, "google", { change: twice }))).toEqual(failed());

    // a link with somebody else's sign-in, opened by a person
    const attacker = await use.send("GET", "/api/v1/auth/google");
    const { data } = (await attacker.json()) as { data: { authorization_url: string } };
    const asked = await fetch(data.authorization_url, { redirect: "manual" });
    const link = new URL(asked.headers.get("location") ?? "");
    const opened = await use.send("GET", link.pathname + link.search, { headers: browser });
    expect(whereTo(opened)).toEqual(failed());
    expect(opened.headers.getSetCookie()).toEqual([]);
  });

  test("two tabs of one browser sign in at once", async () => {
    fake.person({ id: "2005" });
    const jar = new Jar();
    const first = jar.take(await use.send("GET", "/api/v1/auth/google"));
    const { data } = (await first.json()) as { data: { authorization_url: string } };
    expect(whereTo(await signInBy(use, "kakao", { jar }))).toEqual(home);
    const asked = await fetch(data.authorization_url, { redirect: "manual" });
    const back = new URL(asked.headers.get("location") ?? "");
    const headers = { ...browser, ...jar.header };
    const second = await use.send("GET", back.pathname + back.search, { headers });
    expect(whereTo(second)).toEqual(home);
  });

  test("without Redis the way back ends at the sign-in page, and the start says 503", async () => {
    const own = await startRedis();
    const alone = openTestApp({
      ...stores,
      redisUrl: own.url,
      signIn: { providers: testProviders(fake) },
    });
    await own.crash();
    expect((await alone.send("GET", "/api/v1/auth/google")).status).toBe(503);
    const back = `/api/v1/auth/google/callback?code=x&state=${"s".repeat(43)}`;
    expect(whereTo(await alone.send("GET", back))).toEqual(failed());
    await alone.close();
    await own.stop();
  });
});
