import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builds } from "../manifests/builds.ts";
import { type StackFile, startStack } from "../tests/stack.ts";
import { cpuSeconds } from "./cpu.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";

const rounds = 10;
const bar = { readyMs: 400 };
const roles = ["gateway", "router", "worker"] as const;
const settleMs = 2000;

/** What the images hold: each process as one file, made with the same flags. */
async function bundle(folder: string): Promise<void> {
  for (const { entry, flags } of builds.filter(({ entry: name }) => name.endsWith("/main"))) {
    const outdir = join(folder, entry.split("/")[0] ?? "");
    const argv = [process.execPath, "build", `${entry}.ts`, ...flags, "--outdir", outdir];
    const { exitCode, stderr } = Bun.spawnSync(argv, { cwd: join(import.meta.dir, "..") });
    if (exitCode !== 0) throw new Error(`bundling ${entry}: ${stderr.toString()}`);
  }
  // the least a process with an admin port can take
  await Bun.write(
    join(folder, "bare/main.js"),
    `Bun.serve({ port: Number(process.env.ADMIN_PORT), hostname: "127.0.0.1", fetch: () => new Response("") });`,
  );
}

function envOf({ services, ...file }: StackFile, port: number): Record<string, string> {
  const cache = new URL(services.redis_pubsub.url);
  cache.pathname = "/1";
  return {
    PATH: process.env["PATH"] ?? "",
    NODE_ENV: "production",
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
    HOST: "127.0.0.1",
    PORT: "0",
    ADMIN_PORT: String(port),
    REDIS_STREAMS_URL: services.redis_streams.url,
    REDIS_PUBSUB_URL: services.redis_pubsub.url,
    REDIS_CACHE_URL: cache.toString(),
    RABBITMQ_URL: services.rabbitmq.url,
    DATABASE_URL: services.postgres.url,
    JWT_SECRET: file.jwt_secret,
    JWT_ISS: file.jwt_iss,
    JWT_AUD: file.jwt_aud,
    NEWS_RSS_FEEDS: "off",
  };
}

async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = server.port ?? 0;
  await server.stop(true);
  return port;
}

interface Start {
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly idleMb: number;
}

/** One start, from the spawn to the first 200 of `/ready`. */
async function start(main: string, file: StackFile): Promise<Start> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, main], {
    env: envOf(file, port),
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    for (;;) {
      const status = await fetch(`http://127.0.0.1:${port}/ready`).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 200) break;
      if (child.exitCode !== null) throw new Error(`${main} ended with ${child.exitCode}`);
      if (performance.now() - startedAt > 30_000) throw new Error(`${main} was not ready`);
      await Bun.sleep(2);
    }
    const readyMs = performance.now() - startedAt;
    const cpuMs = cpuSeconds(child.pid) * 1000;
    await Bun.sleep(settleMs);
    return { readyMs, cpuMs, idleMb: rssMb(child.pid) ?? Number.NaN };
  } finally {
    child.kill();
    await child.exited;
  }
}

/** How long the processes of the images take from their start to `/ready`. True when every bar is met. */
export async function starts(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "eco2-start-"));
  try {
    await bundle(folder);
    const stack = await startStack(["--workers", "0"]);
    const figures: Figure[] = [];
    try {
      for (const role of ["bare", ...roles]) {
        const seen: Start[] = [];
        for (let i = 0; i < rounds; i++)
          seen.push(await start(join(folder, role, "main.js"), stack.file()));
        const median = (pick: (one: Start) => number) => percentile(seen.map(pick), 0.5);
        const isOurs = role !== "bare";
        figures.push(
          {
            name: `${role}, start to ready, median of ${rounds}`,
            value: median((one) => one.readyMs),
            unit: "ms",
            bar: isOurs ? bar.readyMs : undefined,
          },
          {
            name: `${role}, slowest`,
            value: Math.max(...seen.map((one) => one.readyMs)),
            unit: "ms",
            bar: undefined,
          },
          {
            name: `${role}, CPU until ready`,
            value: median((one) => one.cpuMs),
            unit: "ms",
            bar: undefined,
          },
          {
            name: `${role}, RSS idle`,
            value: median((one) => one.idleMb),
            unit: "MB",
            bar: undefined,
          },
        );
      }
    } finally {
      await stack.stop();
    }
    console.log("processes as the images start them, against a bare server of the same runtime\n");
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
