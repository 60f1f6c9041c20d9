import { afterAll, expect, test } from "bun:test";
import { decodeJwt } from "jose";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp } from "../testing/test-app.ts";
import { browser, failed, Jar, whereTo } from "../testing/test-sign-in.ts";

const host = { host: "127.0.0.1:8000" };

describeWith("redis", "postgres")("the development sign-in", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const plain = { domain: undefined, isSecure: false, sameSite: "Lax" } as const;
  const use = openTestApp({ ...stores, signIn: { hasDevLogin: true, cookies: plain } });
  const off = openTestApp(stores);
  afterAll(async () => {
    await Promise.all([use.close(), off.close()]);
    await Promise.all([redis.stop(), database.drop()]);
  });

  const begin = async (jar: Jar, headers: Record<string, string> = host) => {
    const all = { ...headers, ...jar.header };
    const answer = jar.take(await use.send("GET", "/api/v1/auth/google", { headers: all }));
    if (answer.status !== 200) return answer.status;
    const { data } = (await answer.json()) as { data: { authorization_url: string } };
    return new URL(data.authorization_url);
  };

  test("is a form, a code and the usual way back, with cookies for plain http", async () => {
    const jar = new Jar();
    const url = await begin(jar);
    if (!(url instanceof URL)) throw new Error("no address");
    expect(url.origin + url.pathname).toBe("http://127.0.0.1:8000/api/v1/auth/dev/authorize");
    const page = await use.send("GET", url.pathname + url.search, { headers: host });
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain('action="/api/v1/auth/dev/sign-in"');
    const chosen = `/api/v1/auth/dev/sign-in${url.search}&name=${encodeURIComponent("초록")}`;
    const sent = await use.send("GET", chosen, { headers: host });
    const back = new URL(sent.headers.get("location") ?? "");
    const path = back.pathname + back.search;
    const headers = { ...host, ...browser, ...jar.header };
    const done = jar.take(await use.send("GET", path, { headers }));
    expect(whereTo(done)).toEqual([302, "/#/home"]);
    expect(done.headers.getSetCookie().some((line) => /secure/i.test(line))).toBeFalse();
    expect(decodeJwt(jar.cookies.get("s_access") ?? "")).toMatchObject({ provider: "google" });
    const again = await use.send("GET", path, { headers });
    expect(whereTo(again)).toEqual(failed());
  });

  test("answers nobody who calls this machine by another name", async () => {
    expect(await begin(new Jar(), { host: "rebound.example:8000" })).toBe(404);
    expect(await begin(new Jar(), { host: "127.0.0.1.evil.example" })).toBe(404);
    const url = await begin(new Jar());
    if (!(url instanceof URL)) throw new Error("no address");
    const path = `/api/v1/auth/dev/sign-in${url.search}&name=a`;
    expect((await use.send("GET", path, { headers: { host: "rebound.example" } })).status).toBe(
      404,
    );
    const elsewhere = path.replace("127.0.0.1", "evil.example");
    expect((await use.send("GET", elsewhere, { headers: host })).status).toBe(404);
    const script = `/api/v1/auth/dev/authorize${url.search.replace(/state=[^&]+/, "state=%22%3E%3Cscript%3E")}`;
    expect((await use.send("GET", script, { headers: host })).status).toBe(422);
  });

  test("does not exist where it is off", async () => {
    expect((await off.send("GET", "/api/v1/auth/google", { headers: host })).status).toBe(503);
    for (const path of ["authorize", "sign-in"]) {
      const answer = await off.send("GET", `/api/v1/auth/dev/${path}`, { headers: host });
      expect(answer.status).toBe(404);
    }
    const providers = async (app: typeof use) =>
      (await app.send("GET", "/api/v1/auth/providers")).json();
    expect(await providers(off)).toEqual({ providers: [] });
    expect(await providers(use)).toMatchObject({
      providers: [{ id: "google", is_development: true }, {}, {}],
    });
  });
});
