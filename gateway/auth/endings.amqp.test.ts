import { afterAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as v from "valibot";
import { auth } from "../../shared/limits.ts";
import { bound } from "../../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { type Key, PrivateJwk, publicHalf, secretKey } from "../gate/keyring.ts";
import { openTestApp, testRules, testToken } from "../testing/test-app.ts";
import { Jar } from "../testing/test-sign-in.ts";
import { TestJob, testUser } from "../testing/test-job.ts";
import { newFacts, signedIn } from "./give-tokens.ts";
import { createIssue } from "./issue.ts";

const base = "/api/v1/chat";

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("what ends a sign-in", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis(),
    testDatabase(),
    testTopology(),
  ]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const fleet = [1, 2, 3].map(() => openTestApp({ ...stores, queue }));
  afterAll(async () => {
    await Promise.all(fleet.map((app) => app.close()));
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });
  const [one, two, three] = fleet as [
    (typeof fleet)[number],
    (typeof fleet)[number],
    (typeof fleet)[number],
  ];
  for (const { deps } of fleet) await deps.broker?.started;
  const device = { deviceId: undefined, agent: "other" };

  const openStream = async (app: typeof one, token: string) => {
    const job = new TestJob(app.deps.redis);
    await job.accept();
    const headers = { authorization: `Bearer ${token}` };
    const stream = await app.send("GET", `${base}/${job.jobId}/events`, { headers });
    expect(stream.status).toBe(200);
    const reader = stream.body?.getReader();
    const ended = async () => {
      for (let isDone = false; !isDone;) isDone = (await reader?.read())?.done ?? true;
      return performance.now();
    };
    return ended();
  };

  test("a log-out ends the session's streams and tokens in every process within a second", async () => {
    const { pair } = await signedIn(one.deps, testUser, "google", device);
    const endings = [openStream(two, pair.access), openStream(three, pair.access)];
    await until(() => two.deps.streams.size + three.deps.streams.size === 2);
    const headers = { cookie: `s_refresh=${pair.refresh}` };
    const startedAt = performance.now();
    expect((await one.send("POST", "/api/v1/auth/logout", { headers })).status).toBe(200);
    const bearer = { authorization: `Bearer ${pair.access}` };
    const statusOf = async (app: typeof one) =>
      (await app.send("GET", base, { headers: bearer })).status;
    await until(async () => (await statusOf(two)) === 403 && (await statusOf(three)) === 403);
    const known = performance.now() - startedAt;
    const streams = (await Promise.all(endings)).map((at) => at - startedAt);
    console.log(
      `log-out known to 3 processes after ${known.toFixed(1)} ms, last stream closed after ${Math.max(...streams).toFixed(0)} ms`,
    );
    expect(known).toBeLessThan(bound(1000));
    expect(Math.max(...streams)).toBeLessThan(bound(2000));
  });

  test("a stream ends at most 60 s after its token does", async () => {
    const goneSeconds = auth.leewaySeconds - 5; // the leeway is nearly over: no need to wait for all of it
    const exp = Math.floor(Date.now() / 1000) - goneSeconds;
    const ended = openStream(two, await testToken(testUser, { jti: crypto.randomUUID(), exp }));
    await ended;
    const afterMs = Date.now() - exp * 1000;
    console.log(`the stream closed ${(afterMs / 1000).toFixed(1)} s after its token's end`);
    expect(afterMs).toBeWithin(goneSeconds * 1000, 60_000);
  });

  test("the last jwt of an old key and the first of an asymmetric one are good side by side", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = (key: typeof privateKey, kid: string) =>
      v.parse(PrivateJwk, JSON.stringify({ ...key.export({ format: "jwk" }), kid }));
    const keys: Key[] = [jwk(privateKey, "ed-2"), jwk(ec.privateKey, "ec-1")];
    const app = openTestApp({ ...stores, keys: keys.map(publicHalf) });
    const set = await (await app.send("GET", "/api/v1/auth/.well-known/jwks.json")).json();
    expect(JSON.stringify(set)).not.toContain('"d"');
    const published = createLocalJWKSet(set as Parameters<typeof createLocalJWKSet>[0]);
    const facts = newFacts(app.deps, { userId: testUser, provider: "kakao" });
    for (const key of [...keys, secretKey(testRules.secret, "now")]) {
      const issue = createIssue({ ...testRules, key, accessSeconds: 60, refreshSeconds: 600 });
      const { access } = await issue(facts);
      expect(decodeProtectedHeader(access)).toMatchObject({ alg: key.alg, kid: key.kid ?? "" });
      const headers = { authorization: `Bearer ${access}` };
      expect((await app.send("GET", base, { headers })).status).toBe(200);
      if (key.alg !== "HS256") await jwtVerify(access, published); // any service can check it alone
    }
    await app.close();
  });

  test("signing out in one tab leaves no cookie and no session", async () => {
    const { pair } = await signedIn(one.deps, testUser, "google", device);
    const jar = new Jar();
    jar.cookies.set("s_access", pair.access).set("s_refresh", pair.refresh);
    jar.take(await two.send("POST", "/api/v1/auth/logout", { headers: jar.header }));
    expect(jar.cookies.size).toBe(0);
    const headers = { "x-refresh-token": `Bearer ${pair.refresh}` };
    expect((await three.send("POST", "/api/v1/auth/refresh", { headers })).status).toBe(401);
  });
});
