import { Redis } from "ioredis";
import postgres from "postgres";
import type { Rig, ServiceName } from "./rig.ts";

/** Uses one connection of an operator to a Redis. */
export async function onRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** Uses one connection of an operator to PostgreSQL. */
export async function onPostgres<T>(
  url: string,
  use: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** SIGKILL, nothing for a while, and back with what is on disk. */
export async function restart(
  rig: Rig,
  service: ServiceName,
  downMs: number,
  whileDown: () => unknown = () => {},
): Promise<void> {
  await rig.killService(service);
  try {
    await whileDown();
    await Bun.sleep(downMs);
  } finally {
    await rig.startService(service);
  }
}
