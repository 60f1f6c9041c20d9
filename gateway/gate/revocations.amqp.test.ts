import { afterAll, expect, test } from "bun:test";
import { auth } from "../../shared/limits.ts";
import { bound } from "../../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";
import { TestJob, testUser as userId } from "../testing/test-job.ts";
import { revoke } from "./revoke.ts";

const base = "/api/v1/chat";

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("a revoked token", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis({ aof: true }),
    testDatabase(),
    testTopology(),
  ]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const opened: ReturnType<typeof openTestApp>[] = [];
  const open = (own: Partial<Parameters<typeof openTestApp>[0]> = { queue }) => {
    const app = openTestApp({ ...stores, ...own });
    opened.push(app);
    return app;
  };
  afterAll(async () => {
    for (const app of opened) await app.close();
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });
  const exp = () => Math.floor(Date.now() / 1000) + 600;
  const statusOf = async (app: ReturnType<typeof openTestApp>, jti: string) => {
    const headers = { authorization: `Bearer ${await testToken(userId, { jti })}` };
    return (await app.send("GET", `${base}/${crypto.randomUUID()}/status`, { headers })).status;
  };

  test("is refused by every process within a second, also by one that starts later", async () => {
    const [one, two] = [open(), open()];
    await one.deps.broker?.started;
    await two.deps.broker?.started;
    const jti = crypto.randomUUID();
    expect([await statusOf(one, jti), await statusOf(two, jti)]).toEqual([404, 404]);
    const startedAt = performance.now();
    await revoke(one.deps, { jti, userId, exp: exp() }, "logout");
    expect(await statusOf(one, jti)).toBe(403);
    await until(async () => (await statusOf(two, jti)) === 403);
    expect(performance.now() - startedAt).toBeLessThan(bound(1000));
    const later = open({});
    expect(await statusOf(later, jti)).toBe(403);
  });

  test("comes from a log-out, which clears the cookies and is the same twice", async () => {
    const app = open();
    await app.deps.broker?.started;
    const jti = crypto.randomUUID();
    const cookie = `s_access=${await testToken(userId, { jti })}`;
    const post = (headers: Record<string, string>) =>
      app.send("POST", "/api/v1/auth/logout", { headers });
    expect((await post({ cookie, origin: "https://evil.example" })).status).toBe(401);
    expect(await statusOf(app, jti)).toBe(404);
    const out = await post({ cookie, origin: "https://eco2.example" });
    expect(out.status).toBe(200);
    expect(await out.json()).toMatchObject({ success: true });
    expect(out.headers.getSetCookie().map((one) => one.split("; ").slice(0, 3))).toEqual([
      ["s_access=", "Max-Age=0", "Path=/"],
      ["s_refresh=", "Max-Age=0", "Path=/"],
    ]);
    expect(await statusOf(app, jti)).toBe(403);
    expect((await post({ cookie })).status).toBe(200);
    expect((await post({})).status).toBe(200);
  });

  test("is refused without the broker too, by the log alone", async () => {
    const [one, two] = [open({}), open({})];
    const jti = crypto.randomUUID();
    expect(await statusOf(two, jti)).toBe(404);
    await revoke(one.deps, { jti, userId, exp: exp() }, "logout");
    await until(async () => (await statusOf(two, jti)) === 403, {
      timeoutMs: bound(auth.revocationsPollMs + 1000),
    });
  });

  test("loses its stream", async () => {
    const app = open();
    const jti = crypto.randomUUID();
    const job = new TestJob(app.deps.redis);
    await until(() => app.deps.redis.status === "ready");
    await job.accept();
    const headers = { authorization: `Bearer ${await testToken(userId, { jti })}` };
    const stream = await app.send("GET", `${base}/${job.jobId}/events`, { headers });
    expect(stream.status).toBe(200);
    await revoke(app.deps, { jti, userId, exp: exp() }, "logout");
    const reader = stream.body?.getReader();
    for (let isDone = false; !isDone;) isDone = (await reader?.read())?.done ?? true;
    expect(app.deps.streams.size).toBe(0);
  });

  test("a process that never read the log lets nobody in", async () => {
    const away = await startRedis();
    await away.crash();
    const app = open({ redisUrl: away.url });
    const headers = { authorization: `Bearer ${await testToken(userId)}` };
    const response = await app.send("GET", base, { headers });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).not.toBeNull();
    await away.stop();
  });

  test("with the broker, a store that is away shuts nobody out", async () => {
    const own = await startRedis();
    const app = open({ queue, redisUrl: own.url });
    await app.deps.broker?.started;
    await until(() => app.deps.revocations.isFresh());
    await app.deps.revocations.read();
    await own.crash();
    const jti = crypto.randomUUID();
    const list = async () => {
      const headers = { authorization: `Bearer ${await testToken(userId, { jti })}` };
      return (await app.send("GET", base, { headers })).status;
    };
    expect(await list()).toBe(200);
    await revoke(app.deps, { jti, userId, exp: exp() }, "logout"); // told, and written later
    expect(await list()).toBe(403);
    await own.restart();
    await until(() => app.deps.redis.xlen("auth:revocations").then((length) => length === 1));
    await own.stop();
  });
});
