import { Redis } from "ioredis";
import postgres from "postgres";
import type { Rig } from "./rig.ts";

/** One thing that goes wrong. `inject` resolves when the cause is over; recovery is measured from its start. */
export interface FaultKind {
  readonly name: string;
  inject(rig: Rig, random: () => number): Promise<void>;
}

function pick(rig: Rig, role: string, random: () => number): string {
  const names = rig.names.filter((name) => name.startsWith(role));
  return names[Math.floor(random() * names.length)] ?? "";
}

async function freeze(rig: Rig, name: string, ms: number): Promise<void> {
  const pid = rig.pidOf(name);
  process.kill(pid, "SIGSTOP");
  await Bun.sleep(ms);
  process.kill(pid, "SIGCONT");
}

async function onRedis(url: string, use: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true });
  redis.on("error", () => {});
  try {
    await redis.connect();
    await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function restart(rig: Rig, service: Parameters<Rig["killService"]>[0], downMs: number) {
  await rig.killService(service);
  await Bun.sleep(downMs);
  await rig.startService(service);
}

const killed = (role: string): FaultKind => ({
  name: `${role} killed`,
  inject: async (rig, random) => rig.kill(pick(rig, role, random)),
});

const rolled = (role: string): FaultKind => ({
  name: `${role} rolled (SIGTERM)`,
  inject: async (rig, random) => rig.signal(pick(rig, role, random), "SIGTERM"),
});

const frozen = (role: string, fromMs: number, toMs: number): FaultKind => ({
  name: `${role} frozen, woken`,
  inject: (rig, random) =>
    freeze(rig, pick(rig, role, random), fromMs + random() * (toMs - fromMs)),
});

/** What `bun run chaos` draws from, and what the fault suite runs one by one. */
export const faultKinds: readonly FaultKind[] = [
  killed("gateway"),
  killed("router"),
  killed("worker"),
  rolled("gateway"),
  rolled("router"),
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
    inject: (rig, random) =>
      onRedis(rig.urls.redis_streams, (redis) =>
        redis.call("CLIENT", "PAUSE", Math.floor(500 + random() * 2000)),
      ),
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
    name: "RabbitMQ killed, restarted",
    inject: (rig, random) => restart(rig, "rabbitmq", random() * 1000),
  },
  {
    name: "PostgreSQL killed, restarted",
    inject: (rig, random) => restart(rig, "postgres", random() * 1500),
  },
  {
    name: "PostgreSQL backends terminated",
    inject: async (rig) => {
      const sql = postgres(rig.urls.postgres, { max: 1, onnotice: () => {} });
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`;
      await sql.end({ timeout: 2 });
    },
  },
];
