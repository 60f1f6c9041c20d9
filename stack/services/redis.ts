import { mkdirSync } from "node:fs";
import { Redis } from "ioredis";
import { findBinary } from "../binaries.ts";
import type { Child, Launcher } from "../child.ts";
import { StackFailure } from "../failure.ts";
import { writePrivate } from "../home.ts";
import { bareEnv, untilReady } from "./ready.ts";

export interface RedisWish {
  readonly name: string;
  readonly port: number;
  readonly password: string;
  /** Streams survive a restart and refuse writes when full; pub/sub and cache keep nothing and evict. */
  readonly holds: "streams" | "hints";
}

const settings = {
  streams: ["appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"],
  hints: ["appendonly no", "maxmemory 64mb", "maxmemory-policy volatile-lru"],
} as const;

export async function startRedis(launcher: Launcher, wish: RedisWish): Promise<Child> {
  const { home, signal } = launcher;
  const binary = findBinary("redis-server");
  if (!binary) throw new StackFailure("redis-server is missing");
  const dir = home.path(wish.name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = home.path(wish.name, "redis.conf");
  const lines = [
    "bind 127.0.0.1",
    `port ${wish.port}`,
    `requirepass ${wish.password}`,
    `dir "${dir}"`,
    'save ""',
    "tcp-backlog 128",
    "set-proc-title no",
    ...settings[wish.holds],
  ];
  writePrivate(file, `${lines.join("\n")}\n`);
  const child = launcher.launch({
    name: wish.name,
    kind: "service",
    argv: [binary, file],
    env: bareEnv(dir),
    cwd: dir,
  });
  await untilReady(child, () => ping(wish), { withinMs: 60_000, signal });
  return child;
}

export function redisUrl(wish: RedisWish, database = 0): string {
  return `redis://:${wish.password}@127.0.0.1:${wish.port}/${database}`;
}

/** True once data is loaded: while it loads, Redis answers PING with an error. */
async function ping(wish: RedisWish): Promise<boolean> {
  const redis = new Redis(redisUrl(wish), { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } finally {
    redis.disconnect();
  }
}
