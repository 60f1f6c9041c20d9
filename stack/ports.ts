import { connect, createServer } from "node:net";
import * as v from "valibot";
import { StackFailure } from "./failure.ts";
import { type Home, readJson, writeJson } from "./home.ts";

/** Below the range systems hand out for outgoing connections, so a remembered port is rarely taken by one. */
const range = { from: 20_000, to: 32_000 };

/** Of a worker of `bun test`: two at once never look at the same port before one of them listens there. */
const slicePorts = 3000;

export interface PortWish {
  readonly name: string;
  /** Environment variable that fixes it. */
  readonly variable?: string;
}

/** Fixed by the environment, else the one of the last run where still free, else any free one. Remembers them. */
export async function choosePorts(
  home: Home,
  wishes: readonly PortWish[],
  env: Record<string, string | undefined>,
): Promise<Record<string, number>> {
  const file = home.path("ports.json");
  const saved = v.safeParse(v.record(v.string(), v.number()), readJson(file));
  const remembered = saved.success ? saved.output : {};
  const chosen: Record<string, number> = {};
  // chosen before, by whoever does not listen there yet
  const wished = new Set(wishes.map(({ name }) => name));
  const others = Object.entries(remembered).flatMap(([name, port]) =>
    wished.has(name) ? [] : [port],
  );
  for (const { name, variable } of wishes) {
    const fixed = variable ? env[variable] : undefined;
    chosen[name] = fixed
      ? await fixedPort(fixed, variable ?? name, Object.values(chosen))
      : await freePort(remembered[name], [...others, ...Object.values(chosen)]);
  }
  writeJson(file, { ...remembered, ...chosen });
  return chosen;
}

async function fixedPort(text: string, variable: string, others: number[]): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StackFailure(`${variable}=${text} is no port number`);
  }
  if (others.includes(port)) throw new StackFailure(`${variable}=${port} is asked for twice`);
  if (await isFree(port)) return port;
  throw new StackFailure(
    `port ${port} is taken by another process. It was asked for with ${variable}: ` +
      `free it, choose another, or leave ${variable} unset for any free port.`,
  );
}

/** A free loopback port, the preferred one if possible. */
export async function freePort(preferred?: number, except: number[] = []): Promise<number> {
  const { from, to } = rangeOf(process.env["BUN_TEST_WORKER_ID"]);
  for (let tries = 0, port = preferred; tries < 200; tries++, port = undefined) {
    port ??= from + Math.floor(Math.random() * (to - from));
    if (!except.includes(port) && (await isFree(port))) return port;
  }
  throw new StackFailure(`no free port between ${from} and ${to}`);
}

function rangeOf(testWorker: string | undefined): { from: number; to: number } {
  if (testWorker === undefined) return range;
  const slices = (range.to - range.from) / slicePorts;
  const from = range.from + (Number(testWorker) % slices) * slicePorts;
  return { from, to: from + slicePorts };
}

/** Nobody listens there and we may: macOS lets two bind the same port on different addresses, so ask both ways. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port)) && !(await canConnect(port));
}

function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
    server.close(() => resolve(true));
  });
  return promise;
}

export function canConnect(port: number, host = "127.0.0.1"): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const answer = (value: boolean) => {
    socket.destroy();
    resolve(value);
  };
  socket.once("connect", () => answer(true));
  socket.once("error", () => answer(false));
  socket.setTimeout(1000, () => answer(false));
  return promise;
}
