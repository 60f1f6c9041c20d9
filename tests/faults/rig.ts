import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, type Command, startChild } from "../../stack/child.ts";
import { type FleetProcess, isReady } from "../../stack/fleet.ts";
import { openHome } from "../../stack/home.ts";
import { type Kept, keepRunning } from "../../stack/keep-running.ts";
import { choosePorts } from "../../stack/ports.ts";
import { runMigrations } from "../../stack/run-migrations.ts";
import type { Say } from "../../stack/say.ts";
import { keepSecrets } from "../../stack/secrets.ts";
import { wipePostgres } from "../../stack/services/postgres.ts";
import { dyingWithUs } from "../../stack/throw-away.ts";
import { declareTopology } from "../../stack/topology.ts";
import { placeStores, type ServiceName, storeNames, type Stores } from "./rig-stores.ts";

export type { ServiceName } from "./rig-stores.ts";

const root = join(import.meta.dir, "..", "..");

/** How many of each process. */
export interface Shape {
  readonly gateways: number;
  readonly routers: number;
  readonly workers: number;
}

/** A fleet whose every part can be killed, frozen and started again, stores included. */
export interface Rig extends Pick<Stores, "urls" | "wipeRedis" | "rabbitmqctl"> {
  readonly baseUrls: readonly string[];
  readonly jwt: { readonly jwt_secret: string; readonly jwt_iss: string; readonly jwt_aud: string };
  /** Names of the fleet's processes: gateway-1, router-2, worker-1 … */
  readonly names: readonly string[];
  /** Where a process answers `/ready` and `/metrics`. */
  adminUrl(name: string): string;
  /** Of a process of the fleet or a service, as it is now. */
  pidOf(name: string): number;
  /** SIGKILL; whoever supervises it starts it again at once. */
  kill(name: string): void;
  signal(name: string, signal: NodeJS.Signals): void;
  killService(name: ServiceName): Promise<void>;
  startService(name: ServiceName): Promise<void>;
  /** What the fleet's processes logged with these words in it. */
  logLines(about: string): string[];
  /** True once the process answers ready. */
  isReady(name: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Environment of the fleet: for all, or by name of the process. */
export type RigEnv = Readonly<Record<string, string>>;

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

/** Brings up stores and fleet in a folder of their own. `envOf` adds to one process's environment. */
export async function startRig(
  shape: Shape,
  env: RigEnv = {},
  envOf: (name: string) => RigEnv = () => ({}),
): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "eco2-rig-"));
  const home = openHome(folder);
  const over = new AbortController();
  const services = new Map<string, Child>();
  const launch = (command: Command): Child => {
    over.signal.throwIfAborted();
    const child = startChild(home, { ...command, argv: dyingWithUs(command.argv) });
    if (command.kind === "service") services.set(command.name, child);
    return child;
  };
  const launcher = { home, signal: over.signal, launch };
  const stores = await placeStores(home);
  const { urls } = stores;
  const fleet: Kept[] = [];

  const stop = async () => {
    over.abort();
    await Promise.all(fleet.map((kept) => kept.kill()));
    await Promise.all([...services.values()].map((child) => child.kill()));
    wipePostgres(home);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(storeNames.map((name) => stores.start(name, launcher)));
    await Promise.all([runMigrations(urls.postgres), declareTopology(urls.rabbitmq)]);
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
      REDIS_STREAMS_URL: urls.redis_streams,
      REDIS_PUBSUB_URL: urls.redis_pubsub,
      REDIS_CACHE_URL: urls.redis_cache,
      RABBITMQ_URL: urls.rabbitmq,
      DATABASE_URL: urls.postgres,
      JWT_SECRET: jwt.jwt_secret,
      JWT_ISS: jwt.jwt_iss,
      JWT_AUD: jwt.jwt_aud,
      ...env,
    };
    const keep = (row: FleetProcess): Kept => {
      const own = {
        ...fleetEnv,
        ...envOf(row.name),
        ADMIN_PORT: String(row.adminPort),
        ...(row.httpPort === undefined ? {} : { PORT: String(row.httpPort) }),
      };
      return keepRunning({
        name: row.name,
        start: () =>
          launch({ name: row.name, kind: "fleet", argv: row.argv, cwd: row.cwd, env: own }),
        isReady: () => isReady(row),
        say: silent,
        onChange: () => {},
        signal: over.signal,
        deathsAllowed: Number.POSITIVE_INFINITY, // that is what we are here for
      });
    };
    fleet.push(...rows.map(keep));
    await Promise.all(fleet.map((kept) => kept.ready));
    const rowOf = (name: string) => rows.find((row) => row.name === name);
    const pidOf = (name: string) => {
      const child = services.get(name) ?? fleet.find((one) => one.name === name)?.child();
      if (!child) throw new Error(`no process ${name}`);
      return child.id.pid;
    };
    return {
      ...stores,
      baseUrls: rows.flatMap((row) =>
        row.httpPort === undefined ? [] : [`http://127.0.0.1:${row.httpPort}`],
      ),
      jwt,
      names: rows.map((row) => row.name),
      adminUrl: (name) => `http://127.0.0.1:${rowOf(name)?.adminPort ?? 0}`,
      pidOf,
      kill: (name) => signalIfThere(pidOf(name), "SIGKILL"),
      signal: (name, signal) => signalIfThere(pidOf(name), signal),
      killService: async (name) => {
        if (name === "rabbitmq") await services.get("epmd")?.kill();
        await services.get(name)?.kill();
      },
      startService: async (name) => {
        await stores.start(name, launcher);
      },
      logLines: (about) =>
        rows.flatMap(({ name }) =>
          readFileSync(home.path("logs", `${name}.log`), "utf8")
            .split("\n")
            .filter((line) => line.includes(about))
            .map((line) => `${name} ${line}`),
        ),
      isReady: async (name) => {
        const row = rowOf(name);
        return row !== undefined && isReady(row).catch(() => false);
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** A process that died a moment ago, of the fault before, has had its fault. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
