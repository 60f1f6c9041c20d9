import { afterAll, afterEach, expect, test } from "bun:test";
import { Hono } from "hono";
import { ws as limits } from "../../shared/limits.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import type { AppEnv, Deps } from "../deps.ts";
import { fail, asAppError } from "../http/fail.ts";
import { serve } from "../serve.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";
import { openSocket, type TestSocket } from "../testing/ws-client.ts";
import type { Connection, Talk } from "./connection.ts";
import { createSocketMetrics } from "./metrics.ts";
import { Sockets } from "./sockets.ts";
import { Registry } from "../../shared/prom.ts";

const user = "6f1d2c3b-0000-4000-8000-000000000001";

/** Answers every text with itself. `!bad` is malformed, `!flood` sends what nobody reads. */
function echo(connection: Connection): Talk {
  return {
    onText(text) {
      if (text === "!bad") return connection.countMalformed();
      connection.countWellFormed();
      if (text === "!flood") {
        const block = "x".repeat(64 * 1024);
        for (let i = 0; i < 500; i++) connection.send(block);
        return;
      }
      if (text.startsWith("!spend")) return connection.send(String(connection.spend()));
      connection.send(text === "!who" ? (connection.principal?.userId ?? "nobody") : text);
    },
    onBinary: () => connection.countMalformed(),
    onClosed() {},
  };
}

describeWith("redis", "postgres")("a socket", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const own = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  const registry = new Registry();
  const sockets = new Sockets(createSocketMetrics(registry));
  let aheadMs = 0;
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() + aheadMs };
  const deps: Deps = { ...own.deps, sockets, clock };
  const app = new Hono<AppEnv>();
  app.onError((cause, c) => fail(asAppError(cause), c));
  const plan = { kind: "room", begin: echo } as const;
  app.get("/open", (c) => deps.sockets.accept(c, deps, { ...plan, needsToken: false }));
  app.get("/closed", (c) => deps.sockets.accept(c, deps, { ...plan, needsToken: true }));
  app.get("/wrong", (c) =>
    deps.sockets.accept(c, deps, { ...plan, needsToken: false, refusal: 4001 }),
  );
  const server = serve(app, { port: 0, host: "127.0.0.1" });
  const url = `ws://127.0.0.1:${server.port}`;
  const opened: TestSocket[] = [];
  const open = async (...args: Parameters<typeof openSocket>) => {
    const socket = await openSocket(...args);
    opened.push(socket);
    return socket;
  };
  const codeOf = (socket: TestSocket) => until(() => socket.closed()).then(({ code }) => code);
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.raw.terminate();
    await until(() => sockets.size === 0);
  });
  afterAll(async () => {
    await server.drain(100);
    await own.close();
    await Promise.all([redis.stop(), database.drop()]);
  });

  test("echoes, is counted, and is told apart by its token", async () => {
    const token = await testToken(user);
    const nobody = await open(`${url}/open`);
    const byHeader = await open(`${url}/closed`, { headers: { authorization: `Bearer ${token}` } });
    const byProtocol = await open(`${url}/closed`, { protocols: ["bearer", token] });
    const byCookie = await open(`${url}/closed`, { headers: { cookie: `s_access=${token}` } });
    for (const socket of [nobody, byHeader, byProtocol, byCookie]) socket.send("!who");
    await until(() => opened.every(({ texts }) => texts.length === 1));
    expect(opened.map(({ texts }) => texts[0])).toEqual(["nobody", user, user, user]);
    expect(byProtocol.raw.protocol).toBe("bearer");
    expect(await registry.metrics()).toContain('ws_connections{kind="room"} 4');
  });

  test.each([
    ["no token where one is needed", "/closed", {}, 4401],
    [
      "a token that is none, also where none is needed",
      "/open",
      { authorization: "Bearer x" },
      4401,
    ],
    ["two cookies of the name", "/open", { cookie: "s_access=a; s_access=b" }, 4401],
    ["a request the route refuses", "/wrong", {}, 4001],
  ])("%s is closed with its code", async (_, path, headers, code) => {
    expect(await codeOf(await open(`${url}${path}`, { headers }))).toBe(code);
  });

  test.each([
    ["a foreign page", "https://evil.example", 401],
    ["a page of our host on another scheme's port", "http://127.0.0.1:1", 401],
    ["an origin that is none", "null", 401],
  ])("%s gets no socket", async (_, origin, status) => {
    const token = await testToken(user);
    const headers = { origin, cookie: `s_access=${token}` };
    expect(openSocket(`${url}/open`, { headers })).rejects.toThrow(`status ${status}`);
  });

  test("our own page, a listed one and no page at all do", async () => {
    for (const origin of [url.replace("ws", "http"), "https://eco2.example", undefined]) {
      const socket = await open(`${url}/open`, { headers: origin ? { origin } : {} });
      socket.send("hello");
      await until(() => socket.texts[0] === "hello");
    }
  });

  test("a plain request is told to upgrade", async () => {
    const response = await fetch(`${url.replace("ws", "http")}/open`);
    expect(response.status).toBe(426);
    expect(await response.json()).toMatchObject({ code: "UPGRADE_REQUIRED" });
  });

  test("a revoked token's socket is closed within a second, others stay", async () => {
    const jti = crypto.randomUUID();
    const [mine, other] = [
      await open(`${url}/closed`, { protocols: ["bearer", await testToken(user, { jti })] }),
      await open(`${url}/closed`, { protocols: ["bearer", await testToken(user)] }),
    ];
    const startedAt = performance.now();
    deps.revocations.add(jti, Date.now() + 60_000);
    expect(await codeOf(mine)).toBe(4403);
    expect(performance.now() - startedAt).toBeLessThan(bound(1000));
    expect(other.closed()).toBeUndefined();
    const again = await open(`${url}/closed`, {
      protocols: ["bearer", await testToken(user, { jti })],
    });
    expect(await codeOf(again)).toBe(4403);
  });

  test("a token that runs out closes its socket", async () => {
    const exp = Math.floor(Date.now() / 1000) - 25; // the leeway has five seconds left
    const socket = await open(`${url}/closed`, {
      protocols: ["bearer", await testToken(user, { exp })],
    });
    expect(await codeOf(socket)).toBe(4401);
  });

  test("frames of exactly the limit pass, one byte more closes with 1009", async () => {
    const socket = await open(`${url}/open`);
    socket.send("가".repeat(limits.frameBytes / 3 - 1 / 3)); // 16,383 bytes
    socket.send("x".repeat(limits.frameBytes));
    await until(() => socket.texts.length === 2);
    socket.send("x".repeat(limits.frameBytes + 1));
    expect(await codeOf(socket)).toBe(1009);
    expect(await registry.metrics()).toContain('ws_closed_total{code="1009"} 1');
  });

  test("invalid UTF-8 closes with 1007", async () => {
    const socket = await open(`${url}/open`);
    const tcp = (socket.raw as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]));
    expect(await codeOf(socket)).toBe(1007);
  });

  test("the third malformed frame in a row closes with 1007; a good one between starts anew", async () => {
    const socket = await open(`${url}/open`);
    for (const frame of ["!bad", "!bad", "good", "!bad", "!bad", "still here"]) socket.send(frame);
    await until(() => socket.texts.includes("still here"));
    socket.raw.send(Buffer.from([1, 2, 3]));
    socket.raw.send(Buffer.from([1, 2, 3]));
    socket.raw.send(Buffer.from([1, 2, 3]));
    expect(await codeOf(socket)).toBe(1007);
  });

  test("a burst passes, then frames come back slowly, and a flood closes", async () => {
    const socket = await open(`${url}/open`);
    for (let i = 0; i <= limits.frameBurst; i++) socket.send("!spend");
    await until(() => socket.texts.length === limits.frameBurst + 1);
    expect(socket.texts.slice(0, -1).every((waitMs) => waitMs === "0")).toBe(true);
    expect(Number(socket.texts.at(-1))).toBeGreaterThan(100);
    for (let i = 0; i < limits.strikes; i++) socket.send("!spend");
    expect(await codeOf(socket)).toBe(4429);
  });

  test("how many frames pass, and how big they are, may be set", async () => {
    const frames = { bytes: 2048, burst: 2, perSecond: 1 };
    const strict = new Sockets(createSocketMetrics(new Registry()), frames);
    const narrow = new Hono<AppEnv>();
    narrow.get("/", (c) =>
      strict.accept(c, { ...deps, sockets: strict }, { ...plan, needsToken: false }),
    );
    const small = serve(narrow, { port: 0, host: "127.0.0.1", frames });
    const socket = await open(`ws://127.0.0.1:${small.port}/`);
    for (let i = 0; i < 3; i++) socket.send("!spend");
    await until(() => socket.texts.length === 3);
    expect(socket.texts.slice(0, 2)).toEqual(["0", "0"]);
    expect(Number(socket.texts[2])).toBeGreaterThan(500); // 1 a second
    socket.send("x".repeat(2049));
    expect(await codeOf(socket)).toBe(1009);
    await small.drain(100);
  });

  test("a client that never reads is closed, and nobody else notices", async () => {
    const [slow, other] = [await open(`${url}/open`), await open(`${url}/open`)];
    slow.raw.pause();
    slow.send("!flood");
    await until(() => sockets.size === 1);
    expect(await registry.metrics()).toContain('ws_closed_total{code="1013"} 1');
    other.send("here");
    await until(() => other.texts[0] === "here");
  });

  test("silence is pinged; what answers stays, what does not is closed with 4408", async () => {
    const [live, half] = [await open(`${url}/open`), await open(`${url}/open`)];
    let pings = 0;
    live.raw.on("ping", () => pings++);
    half.raw.pause(); // takes nothing, says nothing: as a peer whose network is gone
    for (let pinged = 1; pinged <= 4; pinged++) {
      aheadMs += limits.pingMs;
      await until(() => pings === pinged);
    }
    await until(() => sockets.size === 1); // nobody answers the closing frame: cut
    expect(live.closed()).toBeUndefined();
    expect(await registry.metrics()).toContain('ws_closed_total{code="4408"} 1');
  });

  test("a process that stops says 1012 to everyone and takes nobody any more", async () => {
    const stopping = new Sockets(createSocketMetrics(new Registry()));
    const its = new Hono<AppEnv>();
    its.onError((cause, c) => fail(asAppError(cause), c));
    its.get("/", (c) => stopping.accept(c, deps, { ...plan, needsToken: false }));
    const stopped = serve(its, { port: 0, host: "127.0.0.1" });
    const address = `ws://127.0.0.1:${stopped.port}/`;
    const [one, two] = [await open(address), await open(address)];
    two.raw.pause();
    const closing = stopping.close(500);
    expect(await codeOf(one)).toBe(1012);
    await closing;
    expect(openSocket(address)).rejects.toThrow("status 503");
    await stopped.drain(100);
  });
});
