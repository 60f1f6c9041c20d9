import type { Redis } from "ioredis";
import { pause } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import { wait } from "../shared/limits.ts";

/** Redis replies that mean "not now". */
const redisNotNow =
  /^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF|BUSY|NOREPLICAS|CLUSTERDOWN|TRYAGAIN)\b/;
const redisAway = /^(Command timed out|Connection is closed|Stream isn't writeable)/;
/**
 * Network errors of either client, and PostgreSQL's classes: connection, resources, operator, statement
 * timeout, and a server that became read-only in a failover.
 */
const awayCode =
  /^(ECONN\w*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_\w+|08...|25006|53...|57...|58...)$/;

const lookMs = 20;

/** True for errors of a store that is away or asks to come again, false for our own mistakes. */
export function isStoreAway(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code: unknown = "code" in cause ? cause.code : undefined;
  if (typeof code === "string" && awayCode.test(code)) return true;
  return redisNotNow.test(cause.message) || redisAway.test(cause.message);
}

/** Resolves as `work` does, or throws `UNAVAILABLE` (retry) after `ms`. The work itself goes on. */
export async function within<T>(ms: number, work: PromiseLike<T>, what: string): Promise<T> {
  const inTime = new AbortController();
  try {
    const late = pause(ms, inTime.signal).then(() => {
      if (inTime.signal.aborted) return undefined as never;
      throw new AppError("UNAVAILABLE", {
        detail: `${what} did not answer in time`,
        retryAfterSeconds: 2,
      });
    });
    return await Promise.race([work, late]);
  } finally {
    inTime.abort();
  }
}

/** A query a person waits for: the server's own statement timeout does not help when it is frozen. */
export function query<T>(work: PromiseLike<T>): Promise<T> {
  return within(wait.postgresMs, work, "the database");
}

/** Throws `UNAVAILABLE` unless the connection takes commands soon: what waits in the client would be done later. */
export async function requireReady(redis: Redis): Promise<void> {
  if (await isReadyWithin(redis, wait.readyMs)) return;
  throw new AppError("UNAVAILABLE", { retryAfterSeconds: 2 });
}

/** True once the connection takes commands, false if that takes longer than `ms`. */
export async function isReadyWithin(redis: Redis, ms: number): Promise<boolean> {
  const never = new AbortController().signal;
  // looked at, not listened to: a listener for each of many waiting requests is too many
  for (let waited = 0; redis.status !== "ready" && waited < ms; waited += lookMs) {
    await pause(lookMs, never);
  }
  return redis.status === "ready";
}
