import type { AMQPChannel } from "@cloudamqp/amqp-client";
import { Catalog } from "../shared/characters/catalog.ts";
import type { Redis } from "ioredis";
import { type Broker, openBroker } from "../shared/clients/amqp.ts";
import { openPostgres, type Sql } from "../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import type { Clock } from "../shared/clock.ts";
import { topology } from "../shared/contract/topology.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { GatewayConfig } from "./config.ts";
import { Revocations } from "./gate/revocations.ts";
import { within } from "./stores.ts";

/** The connections of a gateway process. */
export interface Clients {
  readonly redis: ScriptedRedis;
  /** Redis-S again: long logs must not delay requests. */
  readonly logRedis: ScriptedRedis;
  readonly pubsub: ScriptedRedis;
  readonly subscriber: ScriptedRedis;
  readonly cache: Redis;
  readonly sql: Sql;
  readonly broker: Broker;
  readonly revocations: Revocations;
  readonly catalog: Catalog;
}

/** Opens them without waiting: each connects in the background and comes back by itself. */
export function openClients(config: GatewayConfig, clock: Clock, log: Log): Clients {
  const { redisStreamsUrl, redisPubsubUrl, rabbitmqUrl, databaseUrl } = config;
  const redis = openRedis(redisStreamsUrl, "gateway", "request", log);
  const revocations = new Revocations({ redis, clock, log });
  const sql = openPostgres(databaseUrl, "gateway");
  const catalog = new Catalog({ sql, clock, log });
  const onChannel = async (channel: AMQPChannel) => {
    await revocations.listen(channel, topology.revocationExchange);
    await catalog.listen(channel, topology.characterCacheExchange);
  };
  return {
    redis,
    revocations,
    logRedis: openRedis(redisStreamsUrl, "gateway-log", "request", log),
    pubsub: openRedis(redisPubsubUrl, "gateway", "request", log),
    subscriber: openRedis(redisPubsubUrl, "gateway-live", "subscriber", log),
    cache: openRedis(config.redisCacheUrl, "gateway-cache", "request", log),
    sql,
    catalog,
    broker: openBroker({ url: rabbitmqUrl, name: "gateway", names: topology, log, onChannel }),
  };
}

const closeMs = 2000;

/** Their closers, by name. */
export function closersOf(clients: Clients) {
  const { redis, logRedis, pubsub, subscriber, cache, sql, broker } = clients;
  return {
    // a frozen broker never answers the closing handshake
    broker: () => within(closeMs, broker.close(), "the broker"),
    sql: () => sql.end({ timeout: 2 }),
    redis: () => closeRedis(redis),
    logRedis: () => closeRedis(logRedis),
    pubsub: () => closeRedis(pubsub),
    subscriber: () => closeRedis(subscriber),
    cache: () => closeRedis(cache),
  };
}
