import { Redis, type RedisOptions } from "ioredis";
import { reconnect, wait } from "../limits.ts";
import type { Log } from "../log.ts";
import { type ScriptedRedis, withScripts } from "../scripts.ts";

/**
 * What a connection is for:
 * - `store`: commands wait through a restart of the store, however long (worker, router);
 * - `request`: a command fails after `wait.redisCommandMs`, because a person waits (gateway);
 * - `blocking`: reads that block own their connection and have no timeout;
 * - `subscriber`: Pub/Sub.
 */
export type RedisUse = "store" | "request" | "blocking" | "subscriber";

/**
 * Where to connect: `redis://…` as it is, or `redis+sentinel://host:port,host:port/set-name?db=0` through
 * Sentinel, which knows the master of the moment. Credentials in either are the store's, not Sentinel's.
 */
export function redisAddress(url: string): string | RedisOptions {
  const sentinel =
    /^redis\+sentinel:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/]+)\/([^?]+)(?:\?db=(\d+))?$/.exec(url);
  if (!sentinel) return url;
  const [, username, password, hosts = "", name = "", db] = sentinel;
  return {
    name,
    sentinels: hosts.split(",").map((host) => {
      const [address = "", port = "26379"] = host.split(":");
      return { host: address, port: Number(port) };
    }),
    sentinelRetryStrategy: (times: number) =>
      Math.min(reconnect.maxMs, reconnect.firstMs * 2 ** Math.min(times, 8)),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(db === undefined ? {} : { db: Number(db) }),
  };
}

/** Opens a named connection that reconnects for ever. Does not wait for the first connect. */
export function openRedis(url: string, name: string, use: RedisUse, log: Log): ScriptedRedis {
  const options = {
    connectionName: name,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    connectTimeout: 2000,
    keepAlive: 10_000,
    retryStrategy: (times: number) =>
      Math.min(reconnect.maxMs, reconnect.firstMs * 2 ** Math.min(times, 8)),
    // a replica that was a master until a moment ago: connect again and resend
    reconnectOnError: (error: Error) =>
      /^(READONLY|LOADING|MASTERDOWN)/.test(error.message) ? (2 as const) : false,
    ...(use === "request" ? { commandTimeout: wait.redisCommandMs } : {}),
    ...(use === "subscriber" ? { autoResubscribe: true } : {}),
  } satisfies RedisOptions;
  const address = redisAddress(url);
  const redis =
    typeof address === "string"
      ? new Redis(address, options)
      : new Redis({ ...options, ...address } as RedisOptions & { replyMapping?: "legacy" });
  const own = log.with({ client: name });
  let isDown = false;
  redis.on("error", (error: Error) => {
    if (isDown) return; // one line per outage, not per attempt
    isDown = true;
    own.warn("redis connection lost", { error });
  });
  redis.on("ready", () => {
    if (isDown) own.info("redis connection is back");
    isDown = false;
  });
  return withScripts(redis);
}

/** Ends a connection, politely if it is up. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === "ready") await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}

/** Does it answer? A connection that is down says no at once: probes must not pile up behind it. */
export async function answers(redis: Redis): Promise<boolean> {
  return redis.status === "ready" && (await redis.ping().then(() => true));
}
