import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../../stack/child.ts";
import { type FleetProcess, isReady } from "../../stack/fleet.ts";
import { type Home, openHome } from "../../stack/home.ts";
import { type Kept, keepRunning } from "../../stack/keep-running.ts";
import { choosePorts } from "../../stack/ports.ts";
import { runMigrations } from "../../stack/run-migrations.ts";
import type { Say } from "../../stack/say.ts";
import { keepSecrets } from "../../stack/secrets.ts";
import { serviceNames } from "../../stack/services.ts";
import { postgresUrl, startPostgres, wipePostgres } from "../../stack/services/postgres.ts";
import { rabbitmqUrl, startRabbitmq } from "../../stack/services/rabbitmq.ts";
import { redisUrl, startRedis } from "../../stack/services/redis.ts";
import { declareTopology } from "../../stack/topology.ts";

const root = join(import.meta.dir, "..", "..");

export type ServiceName = (typeof serviceNames)[number];

/** How many of each process. */
export interface Shape {
  readonly gateways: number;
  readonly routers: number;
  readonly workers: number;
}

/** A fleet whose every part can be killed, frozen and started again, stores included. */
export interface Rig {
  readonly baseUrls: readonly string[];
  readonly jwt: { readonly jwt_secret: string; readonly jwt_iss: string; readonly jwt_aud: string };
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Names of the fleet's processes: gateway-1, router-2, worker-1 … */
  readonly names: readonly string[];
  pidOf(name: string): number;
  /** SIGKILL; whoever supervises it starts it again at once. */
  kill(name: string): void;
  signal(name: string, signal: NodeJS.Signals): void;
  killService(name: ServiceName): Promise<void>;
  startService(name: ServiceName): Promise<void>;
  /** True once the process answers ready. */
  isReady(name: string): Promise<boolean>;
  stop(): Promise<void>;
}

const silent: Say = Object.assign(() => {}, { warn: () => {} });

function table(shape: Shape, port: (name: string) => number): FleetProcess[] {
  const bun = process.execPath;
  const many = (role: FleetProcess["role"], count: number, argv: string[]): FleetProcess[] =>
    Array.from({ length: count }, (_, i) => ({
      name: `${role}-${i + 1}`,
      role,
      argv: [bun, ...argv],
      cwd: root,
      adminPort: port(`${role}-${i + 1}-admin`),
      ...(role === "gateway" ? { httpPort: port(`${role}-${i + 1}-http`) } : {}),
    }));
  return [
    ...many("gateway", shape.gateways, ["gateway/main.ts", "all"]),
    ...many("router", shape.routers, ["router/main.ts", "all"]),
    ...many("worker", shape.workers, ["worker/main.ts"]),
  ];
}

/** Services by name: where they are, and how one is started. */
async function placeServices(home: Home) {
  const names = ["redis_streams", "redis_pubsub", "rabbitmq", "epmd", "distribution", "postgres"];
  const ports = await choosePorts(
    home,
    names.map((name) => ({ name })),
    {},
  );
  const at = (name: string) => ports[name] ?? 0;
  const password = keepSecrets(home).service_password;
  const streams = {
    name: "redis_streams",
    port: at("redis_streams"),
    password,
    holds: "streams",
  } as const;
  const hints = {
    name: "redis_pubsub",
    port: at("redis_pubsub"),
    password,
    holds: "hints",
  } as const;
  const rabbit = {
    port: at("rabbitmq"),
    epmdPort: at("epmd"),
    distributionPort: at("distribution"),
    password,
  };
  const pg = { port: at("postgres"), password, isDurable: true };
  type Launcher = Parameters<typeof startRedis>[0];
  return {
    urls: {
      redis_streams: redisUrl(streams),
      redis_pubsub: redisUrl(hints),
      rabbitmq: rabbitmqUrl(rabbit),
      postgres: postgresUrl(pg),
    },
    cacheUrl: redisUrl(hints, 1),
    start: {
      redis_streams: (launcher: Launcher) => startRedis(launcher, streams),
      redis_pubsub: (launcher: Launcher) => startRedis(launcher, hints),
      rabbitmq: (launcher: Launcher) => startRabbitmq(launcher, rabbit),
      postgres: (launcher: Launcher) => startPostgres(launcher, pg),
    },
  };
}

/** Brings up stores and fleet in a folder of their own. `env` reaches every fleet process. */
export async function startRig(
  shape: Shape,
  env: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "eco2-rig-"));
  const home = openHome(folder);
  const over = new AbortController();
  const services = new Map<string, Child>();
  const launch = (command: Parameters<typeof startChild>[1]): Child => {
    const child = startChild(home, command);
    if (command.kind === "service") services.set(command.name, child);
    return child;
  };
  const launcher = { home, signal: over.signal, launch };
  const placed = await placeServices(home);
  const fleet: Kept[] = [];

  const stop = async () => {
    over.abort();
    await Promise.all(fleet.map((kept) => kept.kill()));
    await Promise.all([...services.values()].map((child) => child.kill()));
    wipePostgres(home);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(serviceNames.map((name) => placed.start[name](launcher)));
    await Promise.all([runMigrations(placed.urls.postgres), declareTopology(placed.urls.rabbitmq)]);
    const jwt = { jwt_secret: keepSecrets(home).jwt_secret, jwt_iss: "eco2.rig", jwt_aud: "api" };
    const wanted = table(shape, (name) => name.length); // names first, then their ports
    const ports = await choosePorts(
      home,
      wanted.flatMap((row) => [{ name: `${row.name}-admin` }, { name: `${row.name}-http` }]),
      {},
    );
    const rows = table(shape, (name) => ports[name] ?? 0);
    const fleetEnv = {
      ...process.env,
      LOG_LEVEL: "info",
      HOST: "127.0.0.1",
      REDIS_STREAMS_URL: placed.urls.redis_streams,
      REDIS_PUBSUB_URL: placed.urls.redis_pubsub,
      REDIS_CACHE_URL: placed.cacheUrl,
      RABBITMQ_URL: placed.urls.rabbitmq,
      DATABASE_URL: placed.urls.postgres,
      JWT_SECRET: jwt.jwt_secret,
      JWT_ISS: jwt.jwt_iss,
      JWT_AUD: jwt.jwt_aud,
      ...env,
    };
    for (const row of rows) {
      const own = {
        ...fleetEnv,
        ADMIN_PORT: String(row.adminPort),
        ...(row.httpPort === undefined ? {} : { PORT: String(row.httpPort) }),
      };
      fleet.push(
        keepRunning({
          name: row.name,
          start: () =>
            launch({ name: row.name, kind: "fleet", argv: row.argv, cwd: row.cwd, env: own }),
          isReady: () => isReady(row),
          say: silent,
          onChange: () => {},
          signal: over.signal,
          deathsAllowed: Number.POSITIVE_INFINITY, // that is what we are here for
        }),
      );
    }
    await Promise.all(fleet.map((kept) => kept.ready));
    const keptOf = (name: string) => {
      const kept = fleet.find((one) => one.name === name);
      if (!kept) throw new Error(`no process ${name}`);
      return kept;
    };
    return {
      baseUrls: rows.flatMap((row) =>
        row.httpPort === undefined ? [] : [`http://127.0.0.1:${row.httpPort}`],
      ),
      jwt,
      urls: placed.urls,
      names: rows.map((row) => row.name),
      pidOf: (name) => keptOf(name).child().id.pid,
      kill: (name) => void process.kill(keptOf(name).child().id.pid, "SIGKILL"),
      signal: (name, signal) => {
        const service = services.get(name);
        process.kill((service ?? keptOf(name).child()).id.pid, signal);
      },
      killService: async (name) => {
        if (name === "rabbitmq") await services.get("epmd")?.kill();
        await services.get(name)?.kill();
      },
      startService: async (name) => {
        await placed.start[name](launcher);
      },
      isReady: async (name) => {
        const row = rows.find((one) => one.name === name);
        return row !== undefined && isReady(row).catch(() => false);
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
