import { Redis } from "ioredis";
import postgres from "postgres";
import { bound } from "../../shared/testing/bound.ts";
import { until } from "../../shared/testing/until.ts";
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

/** Waits until every one of these processes says that it is not ready: 10 s at most. */
export async function turnUnready(rig: Rig, names: readonly string[]): Promise<void> {
  const unready = async (name: string) => !(await rig.isReady(name));
  await until(async () => (await Promise.all(names.map(unready))).every(Boolean), {
    what: `${names.join(", ")} to turn unready`,
    timeoutMs: bound(10_000),
  });
}

/** Waits until they are ready again. */
export async function turnReady(rig: Rig, names: readonly string[]): Promise<void> {
  await until(
    async () => (await Promise.all(names.map((name) => rig.isReady(name)))).every(Boolean),
    {
      what: `${names.join(", ")} to be ready again`,
      timeoutMs: 30_000,
    },
  );
}
