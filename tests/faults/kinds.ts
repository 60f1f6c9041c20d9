import { freeze } from "./freeze.ts";
import type { Rig } from "./rig.ts";
import { onPostgres, onRedis, restart } from "./stores.ts";

/** One thing that goes wrong. `inject` resolves when the cause is over; silence is measured from its start. */
export interface FaultKind {
  readonly name: string;
  inject(rig: Rig, random: () => number): Promise<unknown>;
}

function namesOf(rig: Rig, role: string): string[] {
  return rig.names.filter((name) => name.startsWith(role));
}

function pick(rig: Rig, role: string, random: () => number): string {
  const names = namesOf(rig, role);
  return names[Math.floor(random() * names.length)] ?? "";
}

const between = (random: () => number, from: number, to: number) => from + random() * (to - from);

const killed = (role: string): FaultKind => ({
  name: `${role} killed`,
  inject: async (rig, random) => rig.kill(pick(rig, role, random)),
});

const allKilled = (role: string): FaultKind => ({
  name: `every ${role} killed`,
  inject: async (rig) => {
    for (const name of namesOf(rig, role)) rig.kill(name);
  },
});

const rolled = (role: string): FaultKind => ({
  name: `${role} rolled (SIGTERM)`,
  inject: async (rig, random) => rig.signal(pick(rig, role, random), "SIGTERM"),
});

const frozen = (role: string, fromMs: number, toMs: number): FaultKind => ({
  name: `${role} frozen, woken`,
  inject: (rig, random) => freeze(rig, pick(rig, role, random), between(random, fromMs, toMs)),
});

/** What `bun run chaos` draws from. Not among them: faults that may lose data a store had, as design has it. */
export const faultKinds: readonly FaultKind[] = [
  killed("gateway"),
  killed("router"),
  killed("worker"),
  allKilled("gateway"),
  allKilled("router"),
  allKilled("worker"),
  rolled("gateway"),
  rolled("router"),
  rolled("worker"),
  frozen("gateway", 500, 3000),
  frozen("router", 500, 5000),
  frozen("worker", 2000, 14_000),
  {
    name: "Redis streams killed, restarted",
    inject: (rig, random) => restart(rig, "redis_streams", random() * 1500),
  },
  {
    name: "Redis streams: all clients cut",
    inject: (rig) =>
      onRedis(rig.urls.redis_streams, (redis) => redis.call("CLIENT", "KILL", "TYPE", "normal")),
  },
  {
    name: "Redis streams paused",
    inject: (rig, random) => {
      const ms = Math.floor(between(random, 500, 2500));
      return onRedis(rig.urls.redis_streams, async (redis) => {
        await redis.call("CLIENT", "PAUSE", ms);
        await Bun.sleep(ms);
      });
    },
  },
  {
    name: "Redis streams frozen, woken",
    inject: (rig, random) => freeze(rig, "redis_streams", between(random, 500, 4000)),
  },
  {
    name: "Redis streams read-only",
    inject: (rig, random) =>
      onRedis(rig.urls.redis_streams, async (redis) => {
        await redis.call("REPLICAOF", "127.0.0.1", "1");
        await Bun.sleep(between(random, 500, 2000));
        await redis.call("REPLICAOF", "NO", "ONE");
      }),
  },
  {
    name: "Redis streams out of memory",
    inject: (rig, random) =>
      onRedis(rig.urls.redis_streams, async (redis) => {
        await redis.config("SET", "maxmemory", "1mb");
        await Bun.sleep(between(random, 500, 3000));
        await redis.config("SET", "maxmemory", "0");
      }),
  },
  {
    name: "Redis Pub/Sub killed, restarted",
    inject: (rig, random) => restart(rig, "redis_pubsub", random() * 1500),
  },
  {
    name: "Redis Pub/Sub: all clients cut",
    inject: (rig) =>
      onRedis(rig.urls.redis_pubsub, (redis) => redis.call("CLIENT", "KILL", "TYPE", "pubsub")),
  },
  {
    name: "Redis cache killed, restarted",
    inject: (rig, random) => restart(rig, "redis_cache", random() * 1500),
  },
  {
    name: "Redis cache frozen, woken",
    inject: (rig, random) => freeze(rig, "redis_cache", between(random, 500, 4000)),
  },
  {
    name: "RabbitMQ killed, restarted",
    inject: (rig, random) => restart(rig, "rabbitmq", random() * 1000),
  },
  {
    name: "RabbitMQ frozen, woken",
    inject: (rig, random) => freeze(rig, "rabbitmq", between(random, 500, 4000)),
  },
  {
    name: "RabbitMQ: all connections closed",
    inject: (rig) => rig.rabbitmqctl("close_all_connections", "chaos"),
  },
  {
    name: "PostgreSQL killed, restarted",
    inject: (rig, random) => restart(rig, "postgres", random() * 1500),
  },
  {
    name: "PostgreSQL frozen, woken",
    inject: (rig, random) => freeze(rig, "postgres", between(random, 500, 6000)),
  },
  {
    name: "PostgreSQL backends terminated",
    inject: (rig) =>
      onPostgres(
        rig.urls.postgres,
        (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      ),
  },
];
