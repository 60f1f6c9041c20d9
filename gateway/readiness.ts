import type { Redis } from "ioredis";
import type { Sql } from "../shared/clients/postgres.ts";
import type { Role } from "./config.ts";

interface Parts {
  readonly role: Role;
  readonly redis: Redis;
  readonly logRedis: Redis;
  readonly subscriber: Redis;
  readonly sql: Sql;
  readonly closing: AbortSignal;
}

/**
 * Would a request be served? `api`: Redis-S and PostgreSQL answer; the broker is a metric, jobs wait in the outbox
 * without it. `sse`: logs can be read and hints come in.
 */
export async function isReady(parts: Parts): Promise<boolean> {
  if (parts.closing.aborted) return false;
  const { role } = parts;
  const checks: Promise<unknown>[] = [];
  if (role !== "sse") checks.push(parts.redis.ping(), parts.sql`select 1`);
  if (role !== "api") {
    if (parts.subscriber.status !== "ready") return false;
    checks.push(parts.logRedis.ping(), parts.subscriber.ping());
  }
  await Promise.all(checks);
  return true;
}
