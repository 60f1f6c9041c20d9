import { createHmac } from "node:crypto";
import { worker } from "../shared/limits.ts";
import type { Child, Command } from "./child.ts";
import { adminUrl, type FleetProcess, isReady } from "./fleet.ts";
import { type Kept, keepRunning } from "./keep-running.ts";
import type { Say } from "./say.ts";
import type { Env, Services } from "./services.ts";
import type { StackFile } from "./stack-file.ts";

export interface Jwt {
  readonly secret: string;
  readonly iss: string;
  readonly aud: string;
}

export const jwtDefaults = { iss: "eco2", aud: "eco2-api" } as const;

interface FleetOptions {
  readonly table: readonly FleetProcess[];
  readonly env: Env;
  readonly launch: (command: Command) => Child;
  readonly say: Say;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

/** Starts every process of the table and keeps it running. */
export function startFleet(options: FleetOptions): Kept[] {
  const { table, env, launch, say, signal, onChange } = options;
  return table.map((row) => {
    const ports = {
      ADMIN_PORT: String(row.adminPort),
      ...(row.httpPort ? { PORT: String(row.httpPort) } : {}),
    };
    const { name, argv, cwd } = row;
    return keepRunning({
      name,
      start: () => launch({ name, kind: "fleet", argv, cwd, env: { ...env, ...ports } }),
      isReady: () => isReady(row),
      say,
      onChange,
      signal,
    });
  });
}

/** Where the fleet is reached, and where it keeps the pictures of people. */
interface Places {
  readonly baseUrl: string;
  readonly imageDir: string;
}

/** The environment of every fleet process: what the person gave, and where the services are. */
export function fleetEnv(env: Env, services: Services, jwt: Jwt, places: Places): Env {
  return {
    PUBLIC_API_BASE: places.baseUrl,
    ...(env["S3_BUCKET"] === undefined ? { IMAGE_DIR: places.imageDir } : {}),
    // one secret fewer to keep; who has this one cannot sign tokens
    IMAGE_SECRET: createHmac("sha256", jwt.secret).update("image uploads").digest("hex"),
    LOG_LEVEL: "info",
    HOST: "127.0.0.1",
    DEV_ACCOUNTS: "true",
    ROOM_AUTH: "optional",
    BUN_CONFIG_MAX_HTTP_REQUESTS: String(worker.requestsAtOnce),
    ...localSignIn(env),
    ...env,
    REDIS_STREAMS_URL: services.redis_streams.url,
    REDIS_PUBSUB_URL: services.redis_pubsub.url,
    REDIS_CACHE_URL: services.redisCacheUrl,
    RABBITMQ_URL: services.rabbitmq.url,
    DATABASE_URL: services.postgres.url,
    JWT_SECRET: jwt.secret,
    JWT_ISS: jwt.iss,
    JWT_AUD: jwt.aud,
  };
}

/** Anybody may be anybody, with cookies for plain http: only while nobody else can reach us. Refused in production. */
export function localSignIn(env: Env): Env {
  const { HOST: host = "127.0.0.1", NODE_ENV: mode } = env;
  const isLocal = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(host) && mode !== "production";
  return isLocal ? { AUTH_DEV_LOGIN: "1", AUTH_COOKIE_SECURE: "0" } : {};
}

export function describeStack(
  table: readonly FleetProcess[],
  kept: readonly Kept[],
  services: Services,
  jwt: Jwt,
): StackFile {
  const rows = table.map((row, index) => ({
    role: row.role,
    pid: kept[index]?.child().id.pid ?? 0,
    admin: adminUrl(row),
    httpPort: row.httpPort,
  }));
  const of = (role: FleetProcess["role"]) => rows.filter((row) => row.role === role);
  const [gateway] = of("gateway");
  const [router] = of("router");
  const service = (name: keyof StackFile["services"]) => ({
    url: services[name].url,
    pid: services[name].child?.id.pid ?? null,
  });
  return {
    base_url: `http://127.0.0.1:${gateway?.httpPort ?? 0}`,
    admin_url: gateway?.admin ?? "",
    jwt_secret: jwt.secret,
    jwt_iss: jwt.iss,
    jwt_aud: jwt.aud,
    supervisor_pid: process.pid,
    pids: {
      gateway: gateway?.pid ?? 0,
      router: router?.pid ?? 0,
      workers: of("worker").map((row) => row.pid),
    },
    admin: {
      gateway: gateway?.admin ?? "",
      router: router?.admin ?? "",
      workers: of("worker").map((row) => row.admin),
    },
    services: {
      redis_streams: service("redis_streams"),
      redis_pubsub: service("redis_pubsub"),
      rabbitmq: service("rabbitmq"),
      postgres: service("postgres"),
    },
    started_at: new Date().toISOString(),
  };
}
