// What a worker does beside its jobs: keeps the books of rewards, collects news.
import type { AMQPChannel } from "@cloudamqp/amqp-client";
import type { Redis } from "ioredis";
import { Catalog } from "../shared/characters/catalog.ts";
import type { RewardDeps } from "../shared/characters/give.ts";
import type { Broker } from "../shared/clients/amqp.ts";
import { openPostgres } from "../shared/clients/postgres.ts";
import { type Clock, pause } from "../shared/clock.ts";
import type { QueueNames } from "../shared/contract/topology.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { Counter, type Registry } from "../shared/prom.ts";
import type { WorkerConfig } from "./config.ts";
import { createNewsMetrics, openNews } from "./news/open-news.ts";
import { saveRewards } from "./rewards/save-rewards.ts";

interface BackgroundOptions {
  readonly config: Pick<
    WorkerConfig,
    "databaseUrl" | "instance" | "rewardsEnabled" | "devAccounts" | "news" | "cacheNamespace"
  >;
  /** Redis-S. */
  readonly redis: ScriptedRedis;
  /** Redis-C. */
  readonly cache: Redis;
  readonly names: QueueNames;
  readonly broker: () => Broker;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens it on a database pool of its own: two connections. */
export function openBackground(options: BackgroundOptions) {
  const { config, names, broker, registry, clock, log } = options;
  const stop = new AbortController();
  const sql = openPostgres(config.databaseUrl, `worker-background-${config.instance}`, 2);
  const catalog = new Catalog({ sql, clock, log });
  const { saved } = createBackgroundMetrics(registry);
  const makesAccounts = config.devAccounts;
  const rewards: RewardDeps = {
    catalog,
    sql,
    get broker() {
      return broker();
    },
    names,
    isEnabled: config.rewardsEnabled,
    makesAccounts,
    log,
  };
  const { signal } = stop;
  const news = openNews({ ...options, sql, metrics: createNewsMetrics(registry) }, signal);
  return {
    /** What a scan gives its reward by: `rewardScan(rewards, …)`. */
    rewards,
    onChannel: async (channel: AMQPChannel) => {
      await catalog.listen(channel, names.characterCacheExchange);
      await saveRewards({ sql, catalog, names, makesAccounts, saved, log, signal }, channel);
    },
    /** Before the broker closes: what is not acknowledged comes again. */
    stop: () => stop.abort(),
    close: async () => {
      // a store that hangs is left
      await Promise.race([news, pause(2000, new AbortController().signal)]);
      await sql.end({ timeout: 2 });
    },
  };
}

export function createBackgroundMetrics(registry: Registry) {
  return {
    saved: new Counter({
      name: "character_grants_total",
      help: "Messages about given characters, by what became of them",
      labelNames: ["queue", "result"],
      registers: [registry],
    }),
  };
}
