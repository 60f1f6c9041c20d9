import type { Child, Launcher } from "./child.ts";
import type { Home } from "./home.ts";
import { findPackageManager, install, missingOf, type Need } from "./install.ts";
import { choosePorts, type PortWish } from "./ports.ts";
import type { Say } from "./say.ts";
import { keepSecrets } from "./secrets.ts";
import { postgresUrl, startPostgres } from "./services/postgres.ts";
import { rabbitmqUrl, startRabbitmq } from "./services/rabbitmq.ts";
import { redisUrl, startRedis } from "./services/redis.ts";

/** A store the fleet uses: ours, as a child, or one given by its URL in the environment. */
interface Service {
  readonly url: string;
  readonly child?: Child;
}

export const serviceNames = ["redis_streams", "redis_pubsub", "rabbitmq", "postgres"] as const;
/** Logs of what the services run as; `epmd` belongs to RabbitMQ. */
export const serviceLogs = [...serviceNames, "epmd"];
type ServiceName = (typeof serviceNames)[number];
export type Services = Record<ServiceName, Service> & { readonly redisCacheUrl: string };

/** A URL given here means: use that one, start none. */
const given: Record<ServiceName, string> = {
  redis_streams: "REDIS_STREAMS_URL",
  redis_pubsub: "REDIS_PUBSUB_URL",
  rabbitmq: "RABBITMQ_URL",
  postgres: "DATABASE_URL",
};

const needs: Record<ServiceName, Need> = {
  redis_streams: "redis",
  redis_pubsub: "redis",
  rabbitmq: "rabbitmq",
  postgres: "postgres",
};

const portWishes: Record<ServiceName, PortWish[]> = {
  redis_streams: [{ name: "redis_streams", variable: "ECO2_REDIS_STREAMS_PORT" }],
  redis_pubsub: [{ name: "redis_pubsub", variable: "ECO2_REDIS_PUBSUB_PORT" }],
  rabbitmq: [
    { name: "rabbitmq", variable: "ECO2_RABBITMQ_PORT" },
    { name: "epmd" },
    { name: "rabbitmq_distribution" },
  ],
  postgres: [{ name: "postgres", variable: "ECO2_POSTGRES_PORT" }],
};

/** Variables of the environment, as given to this process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Installs what the services we start ourselves need. */
export async function installForServices(
  env: Env,
  options: { home: Home; say: Say; signal: AbortSignal },
): Promise<void> {
  const missing = missingOf([...new Set(oursIn(env).map((name) => needs[name]))]);
  await install(missing, missing.length > 0 ? findPackageManager() : undefined, options);
}

/** Starts all services at once and resolves when every one answers. */
export async function startServices(
  launcher: Launcher,
  options: { env: Env; say: Say; isDurable: boolean },
): Promise<Services> {
  const { home } = launcher;
  const { env, say, isDurable } = options;
  const ports = await choosePorts(
    home,
    oursIn(env).flatMap((name) => portWishes[name]),
    env,
  );
  const portOf = (name: string) => ports[name] ?? 0;
  const password = keepSecrets(home).service_password;

  const redis = async (name: "redis_streams" | "redis_pubsub", holds: "streams" | "hints") => {
    const wish = { name, port: portOf(name), password, holds };
    const child = await startRedis(launcher, wish);
    return { url: redisUrl(wish), child };
  };
  const start: Record<ServiceName, () => Promise<Service & { child: Child }>> = {
    redis_streams: () => redis("redis_streams", "streams"),
    redis_pubsub: () => redis("redis_pubsub", "hints"),
    rabbitmq: async () => {
      const wish = {
        port: portOf("rabbitmq"),
        epmdPort: portOf("epmd"),
        distributionPort: portOf("rabbitmq_distribution"),
        password,
      };
      const child = await startRabbitmq(launcher, wish);
      return { url: rabbitmqUrl(wish), child };
    },
    postgres: async () => {
      const wish = { port: portOf("postgres"), password, isDurable };
      const child = await startPostgres(launcher, wish);
      return { url: postgresUrl(wish), child };
    },
  };
  const get = async (name: ServiceName): Promise<[ServiceName, Service]> => {
    const url = env[given[name]];
    if (url) {
      say(`${name}: using ${given[name]}`);
      return [name, { url }];
    }
    const service = await start[name]();
    say(`${name} is ready on 127.0.0.1:${portOf(name)}`);
    return [name, service];
  };
  const started = Object.fromEntries(await Promise.all(serviceNames.map(get)));
  const services = started as Record<ServiceName, Service>;
  return { ...services, redisCacheUrl: env["REDIS_CACHE_URL"] || cacheUrl(services) };
}

function oursIn(env: Env): ServiceName[] {
  return serviceNames.filter((name) => !env[given[name]]);
}

/** The cache shares the Redis of Pub/Sub, in database 1. */
function cacheUrl({ redis_pubsub }: Record<ServiceName, Service>): string {
  const url = new URL(redis_pubsub.url);
  url.pathname = "/1";
  return url.toString();
}
