import { SignJWT } from "jose";
import { connect } from "node:net";
import { secretKey } from "../../gateway/gate/keyring.ts";
import { createVerify } from "../../gateway/gate/verify.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { cpuSeconds } from "../cpu.ts";
import { type Figure, isMet, percentile, table } from "../figures.ts";

const secret = "a secret of the bench, 32 characters";
const users = 1000;
/** Each asks one thing after the other, as Envoy does over HTTP/1.1. */
const connections = 64;
const seconds = 5;

function newToken(): Promise<string> {
  return new SignJWT({ type: "access", provider: "google" })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(crypto.randomUUID())
    .setIssuer("eco2")
    .setAudience("eco2-api")
    .setExpirationTime("1h")
    .setJti(crypto.randomUUID())
    .sign(new TextEncoder().encode(secret));
}

/** µs of a check inside the process: the first sight of a token, and every later one. */
async function inProcess(tokens: readonly string[]) {
  const none = { isFresh: () => true, isRevoked: () => false, ensure: () => Promise.resolve() };
  const keys = [secretKey(secret, undefined)];
  const verify = createVerify({ keys, issuer: "eco2", audience: "eco2-api" }, none, clock);
  const round = async () => {
    const times = [];
    for (const token of tokens) {
      const startedAt = performance.now();
      await verify(token);
      times.push((performance.now() - startedAt) * 1000);
    }
    return times;
  };
  const cold = await round();
  const warm = [];
  for (let i = 0; i < 20; i++) warm.push(...(await round()));
  return {
    cold: percentile(cold, 0.5),
    warm: percentile(warm, 0.5),
    warm99: percentile(warm, 0.99),
  };
}

/** Checks answered 200 and others, for a while, over keep-alive connections. */
async function load(port: number, tokens: readonly string[], forMs: number) {
  const requests = tokens.map(
    (token) =>
      `GET /api/v1/auth/ext-authz/api/v1/chat HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${token}\r\nx-forwarded-for: 203.0.113.9\r\n\r\n`,
  );
  let good = 0;
  let bad = 0;
  let next = 0;
  const until = performance.now() + forMs;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(port, "127.0.0.1");
      const send = () => socket.write(requests[next++ % requests.length] ?? "");
      let rest = "";
      socket.on("connect", send);
      socket.on("data", (data) => {
        const answers = (rest + data.toString("latin1")).split("\r\n\r\n");
        rest = answers.pop() ?? "";
        for (const answer of answers) {
          if (answer.startsWith("HTTP/1.1 200")) good++;
          else bad++;
          if (performance.now() < until) send();
          else socket.end();
        }
      });
      socket.on("close", () => resolve());
      return promise;
    }),
  );
  return { good, bad };
}

/** The figures of the gate. True when every bar is met. */
export async function gate(): Promise<boolean> {
  const tokens = await Promise.all(Array.from({ length: users }, newToken));
  const inside = await inProcess(tokens);
  const server = Bun.spawn([process.execPath, import.meta.resolve("./server.ts").slice(7)], {
    env: { ...process.env, JWT_SECRET: secret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const first = await server.stdout.getReader().read();
    const port = Number(new TextDecoder().decode(first.value));
    await load(port, tokens, 1000);
    const [startedAt, cpuBefore] = [performance.now(), cpuSeconds(server.pid)];
    const { good, bad } = await load(port, tokens, seconds * 1000);
    const tookSeconds = (performance.now() - startedAt) / 1000;
    const cpu = cpuSeconds(server.pid) - cpuBefore;
    if (bad > 0) throw new Error(`${bad} checks were refused`);
    const perCore = good / cpu;
    const figures: Figure[] = [
      { name: "check, warm p50", value: inside.warm, unit: "µs", bar: 30 },
      { name: "check, warm p99", value: inside.warm99, unit: "µs", bar: undefined },
      { name: "check, first sight of a token p50", value: inside.cold, unit: "µs", bar: undefined },
      // a core is shared with whatever else runs: CPU time is what the check itself costs
      { name: "ext_authz over HTTP, CPU per check", value: 1e6 / perCore, unit: "µs", bar: 50 },
      {
        name: "ext_authz over HTTP, checks per second of one core",
        value: perCore,
        unit: "",
        bar: undefined,
      },
      {
        name: "ext_authz over HTTP, checks per second of the wall",
        value: good / tookSeconds,
        unit: "",
        bar: undefined,
      },
    ];
    console.log(`${users} users, ${good} checks over HTTP on ${connections} connections\n`);
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    server.kill();
    await server.exited;
  }
}
