import type { Redis } from "ioredis";
import { type Clock, pause } from "../shared/clock.ts";
import type { Broker } from "../shared/clients/amqp.ts";
import { checkKeepsKeys } from "../shared/clients/keeps-keys.ts";
import type { Sql } from "../shared/clients/postgres.ts";
import { AppError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { checkSchema } from "../shared/migrations/migrate.ts";
import type { Role } from "./config.ts";
import type { Revocations } from "./gate/revocations.ts";
import { within } from "./stores.ts";

/** Stores may come up after us: this long is normal. */
const startMs = 30_000;

interface Stores {
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly sql: Sql;
  readonly broker: Broker;
  readonly revocations: Revocations;
}

/**
 * Waits for every store and looks at what is in it. False when one is not there in time or is not what this
 * version needs; the log then says which, and what to do.
 */
export async function areStoresGood(
  stores: Stores,
  role: Role,
  log: Log,
  clock: Clock,
): Promise<boolean> {
  try {
    await checkStores(stores, role, log, clock);
    return true;
  } catch (error) {
    const detail = error instanceof AppError ? error.detail : undefined;
    log.error("start check failed", { detail, error });
    return false;
  }
}

/** Throws `START_CHECK_FAILED` (bug). */
async function checkStores(stores: Stores, role: Role, log: Log, clock: Clock): Promise<void> {
  const until = clock.monotonicMs() + startMs;
  log.info("waiting for stores", { upToSeconds: startMs / 1000 });
  const { broker, revocations } = stores;
  await Promise.all([
    reach(
      "the streams Redis (REDIS_STREAMS_URL)",
      () => checkKeepsKeys(stores.redis),
      until,
      clock,
    ),
    reach("the pub/sub Redis (REDIS_PUBSUB_URL)", () => stores.subscriber.ping(), until, clock),
    reach("PostgreSQL (DATABASE_URL)", () => checkSchema(stores.sql), until, clock),
    reach("the list of revoked tokens", () => revocations.read(), until, clock),
    // who takes no messages can do without: the list of revoked tokens is read from Redis too
    ...(role === "sse"
      ? []
      : [reach("RabbitMQ (RABBITMQ_URL)", () => broker.started, until, clock)]),
  ]);
}

async function reach(
  what: string,
  check: () => Promise<unknown>,
  until: number,
  clock: Clock,
): Promise<void> {
  for (;;) {
    const leftMs = until - clock.monotonicMs();
    try {
      await within(Math.max(1, leftMs), check(), what);
      return;
    } catch (cause) {
      if (cause instanceof AppError && cause.code === "START_CHECK_FAILED") throw cause;
      if (leftMs <= 0) {
        const detail = `${what} does not answer`;
        throw new AppError("START_CHECK_FAILED", { detail, cause });
      }
      await pause(250, new AbortController().signal);
    }
  }
}
