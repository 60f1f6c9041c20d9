import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinary } from "../../stack/binaries.ts";
import { freePort } from "../../stack/ports.ts";
import { until } from "./until.ts";

/** A Redis of one test file's own, on a free loopback port. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Of the server that runs now; another one after `restart`. */
  readonly pid: number;
  /** Kills it (SIGKILL). What it has on disk stays. */
  readonly crash: () => Promise<void>;
  /** Starts it again on the same port, with its append-only file if it has one; crashes it before if it still runs. */
  readonly restart: () => Promise<void>;
  /** Ends it and removes its data. */
  readonly stop: () => Promise<void>;
}

type Server = Bun.Subprocess<"ignore", "ignore", "ignore">;
const running = new Set<Server>();
process.on("exit", () => {
  for (const server of running) server.kill("SIGKILL");
});

/** Without persistence, unless `aof`: then a command outlives a `crash` once it is answered. */
export async function startRedis(options: { aof?: boolean } = {}): Promise<TestRedis> {
  const binary = findBinary("redis-server");
  if (!binary) throw new Error("there is no redis-server here (Debian: redis-server, brew: redis)");
  const dir = mkdtempSync(join(tmpdir(), "eco2-redis-"));
  const flags = ["--save", "", "--appendonly", options.aof ? "yes" : "no", "--appendfsync", "no"];

  const start = async (port: number): Promise<Server> => {
    const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir];
    const server = Bun.spawn([binary, ...place, ...flags], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    running.add(server);
    void server.exited.then(() => running.delete(server));
    const isUp = async () => {
      if (server.exitCode !== null) throw new Error(`redis-server exited with ${server.exitCode}`);
      return answersPing(port);
    };
    await until(() => server.exitCode !== null || isUp(), { what: "a test Redis to answer" });
    return server;
  };
  const end = async (server: Server) => {
    server.kill("SIGKILL");
    await server.exited;
  };

  let port = await freePort();
  let server = await start(port);
  for (let tries = 0; server.exitCode !== null; tries++) {
    if (tries === 5) throw new Error("redis-server does not start"); // the port was taken five times?
    port = await freePort();
    server = await start(port);
  }
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    get pid() {
      return server.pid;
    },
    crash: () => end(server),
    async restart() {
      await end(server);
      server = await start(port);
      if (server.exitCode !== null) throw new Error(`port ${port} was taken meanwhile`);
    },
    async stop() {
      await end(server);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** True once its data is loaded: before that PING is answered with an error. */
function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: "127.0.0.1", port }, () => socket.write("PING\r\n"));
  socket.once("data", (data) => resolve(data.toString().startsWith("+PONG")));
  socket.once("error", () => resolve(false));
  socket.once("close", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
