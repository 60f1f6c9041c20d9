import { rmSync } from "node:fs";
import type { Child, Launcher } from "../../stack/child.ts";
import type { Home } from "../../stack/home.ts";
import { choosePorts } from "../../stack/ports.ts";
import { keepSecrets } from "../../stack/secrets.ts";
import { serviceNames } from "../../stack/services.ts";
import { postgresUrl, startPostgres } from "../../stack/services/postgres.ts";
import { rabbitmqUrl, startRabbitmq } from "../../stack/services/rabbitmq.ts";
import { redisUrl, startRedis } from "../../stack/services/redis.ts";

/** Pub/Sub and cache share a server in the local stack; here each is broken alone. */
export const storeNames = [...serviceNames, "redis_cache"] as const;
export type ServiceName = (typeof storeNames)[number];

/** The stores of a rig: where they are, how one is started, and what an operator can do to them. */
export interface Stores {
  readonly urls: Readonly<Record<ServiceName, string>>;
  start(name: ServiceName, launcher: Launcher): Promise<Child>;
  /** Removes what a stopped Redis kept. */
  wipeRedis(name: "redis_streams" | "redis_pubsub"): void;
  /** Runs a command of RabbitMQ's own tool against the rig's broker; what it prints. Throws with its last words. */
  rabbitmqctl(...args: readonly string[]): Promise<string>;
}

export async function placeStores(home: Home): Promise<Stores> {
  const wishes = [...storeNames, "epmd", "distribution"].map((name) => ({ name }));
  const ports = await choosePorts(home, wishes, {});
  const at = (name: string) => ports[name] ?? 0;
  const password = keepSecrets(home).service_password;
  const redis = <N extends string, H extends "streams" | "hints">(name: N, holds: H) => ({
    name,
    port: at(name),
    password,
    holds,
  });
  const streams = redis("redis_streams", "streams");
  const hints = redis("redis_pubsub", "hints");
  const cache = redis("redis_cache", "hints");
  const rabbit = {
    port: at("rabbitmq"),
    epmdPort: at("epmd"),
    distributionPort: at("distribution"),
    password,
  };
  const pg = { port: at("postgres"), password, isDurable: true };
  const starts: Record<ServiceName, (launcher: Launcher) => Promise<Child>> = {
    redis_streams: (launcher) => startRedis(launcher, streams),
    redis_pubsub: (launcher) => startRedis(launcher, hints),
    redis_cache: (launcher) => startRedis(launcher, cache),
    rabbitmq: (launcher) => startRabbitmq(launcher, rabbit),
    postgres: (launcher) => startPostgres(launcher, pg),
  };
  return {
    urls: {
      redis_streams: redisUrl(streams),
      redis_pubsub: redisUrl(hints),
      redis_cache: redisUrl(cache),
      rabbitmq: rabbitmqUrl(rabbit),
      postgres: postgresUrl(pg),
    },
    start: (name, launcher) => starts[name](launcher),
    wipeRedis: (name) => rmSync(home.path(name, "appendonlydir"), { recursive: true, force: true }),
    rabbitmqctl: async (...args) => {
      const child = Bun.spawn(["/usr/lib/rabbitmq/bin/rabbitmqctl", ...args], {
        env: {
          PATH: process.env["PATH"],
          LC_ALL: "C.UTF-8",
          HOME: home.path("rabbitmq"), // holds the Erlang cookie
          ERL_EPMD_PORT: String(rabbit.epmdPort),
          RABBITMQ_NODENAME: "eco2@localhost",
          RABBITMQ_CONF_ENV_FILE: home.path("rabbitmq", "no-env.conf"),
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [out, err, code] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ]);
      if (code !== 0) throw new Error(`rabbitmqctl ${args.join(" ")}: ${out}${err}`);
      return out;
    },
  };
}
