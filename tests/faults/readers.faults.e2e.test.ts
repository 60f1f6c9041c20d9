import { expect, test } from "bun:test";
import { connect } from "node:net";
import { until } from "../../shared/testing/until.ts";
import { Client, type Frame, resultOf } from "../client.ts";
import { type Manner, startProxy } from "./proxy.ts";
import { underLoad } from "./suite.ts";
import { StreamCheck } from "./verify.ts";
import { bound } from "../../shared/testing/bound.ts";

const suite = underLoad();

/** A question whose answer is long enough to be disturbed. */
const question = "종이 버리는 법이랑 수거함도 알려줘";
const gatewayUrl = (i = 0) => suite.rig.baseUrls[i] ?? "";
const clientAt = (base_url: string, user?: string) =>
  new Client({ ...suite.rig.jwt, base_url }, user);

async function ask(client: Client): Promise<StreamCheck> {
  return new StreamCheck(await client.send(await client.createChat(), question));
}

/** Reads until the end, coming back as often as it takes. */
async function readToEnd(client: Client, check: StreamCheck, patienceMs = 90_000) {
  let visits = 0;
  const untilMs = performance.now() + patienceMs;
  while (!check.done && performance.now() < untilMs) {
    visits++;
    await client
      .read(check.job, {
        lastId: check.lastId,
        timeoutMs: patienceMs,
        onFrame: (frame) => check.frame(frame),
      })
      .catch(() => Bun.sleep(20));
  }
  expect(check.violations).toEqual([]);
  expect(check.done?.data["status"]).toBe("completed");
  return visits;
}

test.concurrent.each<{ manner: Manner }>([
  { manner: "straight" },
  { manner: "late" },
  { manner: "bytewise" },
])("a path that brings bytes $manner brings them all", async ({ manner }) => {
  await using proxy = await startProxy(gatewayUrl());
  const direct = clientAt(gatewayUrl());
  const client = clientAt(proxy.url, direct.user);
  proxy.manner = manner;
  expect(await readToEnd(client, await ask(direct))).toBe(1);
});

test.concurrent("cut again and again, a reader gets everything once", async () => {
  await using proxy = await startProxy(gatewayUrl());
  const direct = clientAt(gatewayUrl());
  const client = clientAt(proxy.url, direct.user);
  const check = await ask(direct);
  const cutting = setInterval(() => proxy.cut(), 120);
  const visits = await readToEnd(client, check).finally(() => clearInterval(cutting));
  expect(visits).toBeGreaterThan(3);
});

test.concurrent("a client that ends its sending side loses nothing", async () => {
  await using proxy = await startProxy(gatewayUrl());
  const direct = clientAt(gatewayUrl());
  const client = clientAt(proxy.url, direct.user);
  const check = await ask(direct);
  const closing = setInterval(() => proxy.halfClose(), 300);
  await readToEnd(client, check).finally(() => clearInterval(closing));
});

test.concurrent("a path that swallows everything: the client comes back another way", async () => {
  await using proxy = await startProxy(gatewayUrl());
  const direct = clientAt(gatewayUrl());
  const client = clientAt(proxy.url, direct.user);
  const check = await ask(direct);
  const visit = client.read(check.job, {
    timeoutMs: 1500,
    onFrame: (frame) => {
      check.frame(frame);
      if (frame.event === "token") proxy.manner = "swallowed";
    },
  });
  await visit.catch(() => {});
  expect(check.done).toBeUndefined();
  await readToEnd(direct, check);
});

test("a hundred clients that never read harm nobody, and are let go", async () => {
  const readers = async (i: number) => {
    const text = await (await fetch(`${suite.rig.adminUrl(`gateway-${i}`)}/metrics`)).text();
    return Number(/^sse_gateway_connections_active (\d+)/m.exec(text)?.[1]);
  };
  const client = clientAt(gatewayUrl());
  const jobs = await Promise.all(Array.from({ length: 5 }, () => ask(client)));
  const token = await tokenOf(client);
  const sockets = Array.from({ length: 100 }, (_, i) => {
    const { hostname, port } = new URL(gatewayUrl());
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    socket.pause();
    const path = `/api/v1/chat/${jobs[i % jobs.length]?.job ?? ""}/events`;
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${token}\r\n\r\n`);
    return socket;
  });
  const { slowestMs } = await suite.breaks(() =>
    Promise.all(jobs.map((check) => readToEnd(client, check))),
  );
  expect(slowestMs).toBeLessThan(bound(1500));
  await until(async () => (await readers(1)) <= 20, { what: "the readers to be let go" });
  for (const socket of sockets) socket.destroy();
});

/** What a client sends as `authorization`. */
async function tokenOf(client: Client): Promise<string> {
  const seen = Promise.withResolvers<string>();
  const server = Bun.serve({
    port: 0,
    fetch: (request) => {
      seen.resolve(request.headers.get("authorization") ?? "");
      return new Response();
    },
  });
  const echo = clientAt(`http://127.0.0.1:${server.port}`, client.user);
  await echo.fetch("/");
  await server.stop();
  return seen.promise;
}

test("a client that comes back 50 times a second harms nobody and still gets everything", async () => {
  const client = clientAt(gatewayUrl());
  const check = await ask(client);
  const statuses = new Map<number, number>();
  const { slowestMs } = await suite.breaks(async () => {
    for (const until = performance.now() + 2500; performance.now() < until; await Bun.sleep(20)) {
      const cut = new AbortController();
      const visit = client.fetch(`/api/v1/chat/${check.job}/events`, { signal: cut.signal });
      const response = await visit.catch(() => undefined);
      const status = response?.status ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      cut.abort();
    }
  });
  expect(slowestMs).toBeLessThan(bound(1500));
  expect([...statuses.keys()].every((status) => [200, 204, 429].includes(status))).toBe(true);
  await until(async () => (await client.fetch(`/api/v1/chat/${check.job}/status`)).status === 200);
  await readToEnd(client, check);
});

const odd: { name: string; lastId: (other: string) => string }[] = [
  { name: "of another job", lastId: (other) => other },
  { name: "malformed", lastId: () => "no id at all" },
  { name: "of the future", lastId: () => "99999999999999-7" },
  { name: "ancient", lastId: () => "12-3" },
  { name: "of attempt 0 beyond its end", lastId: () => "0-9" },
  { name: "far too long", lastId: () => "9".repeat(4000) },
];
test.concurrent.each(odd)(
  "a Last-Event-ID $name means reset and everything",
  async ({ lastId }) => {
    const client = clientAt(gatewayUrl(1));
    const other = await ask(client);
    await client.read(other.job, { until: (frame) => frame.event === "token" });
    const check = await ask(client);
    const frames: Frame[] = [];
    const onFrame = (frame: Frame) => {
      frames.push(frame);
      check.frame(frame);
    };
    const foreign = (await client.read(other.job, { until: (_, count) => count > 1 })).lastId;
    await client.read(check.job, { lastId: lastId(foreign ?? ""), text: "wrong", onFrame });
    const reset = frames.find((frame) => frame.event === "token_recovery");
    expect(reset?.data["reset"]).toBe(true);
    expect(check.violations).toEqual([]);
    expect(check.text).toBe(String(resultOf(check.done)["answer"]));
    // and once more after the end
    const late = await client.read(check.job, { lastId: lastId(foreign ?? ""), text: "wrong" });
    expect(late.done?.data).toEqual(check.done?.data ?? {});
  },
);

test.concurrent("two tabs with different cursors each get exactly what they miss", async () => {
  const first = clientAt(gatewayUrl(0));
  const second = clientAt(gatewayUrl(1), first.user);
  const check = await ask(first);
  const other = new StreamCheck(check.job);
  const upTo = (count: number) => (_: Frame, seen: number) => seen >= count;
  await first.read(check.job, { onFrame: (frame) => check.frame(frame), until: upTo(4) });
  await second.read(check.job, { onFrame: (frame) => other.frame(frame), until: upTo(25) });
  await Promise.all([readToEnd(second, check), readToEnd(first, other)]);
  expect(check.text).toBe(other.text);
});
