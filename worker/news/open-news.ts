import type { Redis } from "ioredis";
import type { Sql } from "../../shared/clients/postgres.ts";
import type { Clock } from "../../shared/clock.ts";
import { openLocks } from "../../shared/lock/lock.ts";
import type { Log } from "../../shared/log.ts";
import { Counter, type Registry } from "../../shared/prom.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { outbound } from "../outbound.ts";
import { collectNews } from "./schedule.ts";
import { type NewsSettings, sourcesFrom } from "./sources-from.ts";

interface NewsOptions {
  readonly config: { readonly news: NewsSettings; readonly cacheNamespace: string };
  readonly sql: Sql;
  /** Redis-S. */
  readonly redis: ScriptedRedis;
  /** Redis-C. */
  readonly cache: Redis;
  readonly metrics: ReturnType<typeof createNewsMetrics>;
  readonly clock: Clock;
  readonly log: Log;
}

const agent = { accept: "text/html", "user-agent": "Mozilla/5.0 (compatible; eco2-bot/1.0)" };
const maxRedirects = 5;

/** The collector of this worker; resolves after the signal. Off: resolves at once. */
export async function openNews(options: NewsOptions, signal: AbortSignal): Promise<void> {
  const { config, sql, redis, cache, metrics, clock, log } = options;
  if (!config.news.isOn) return;
  const reach = outbound(agent, maxRedirects);
  await collectNews(
    {
      sql,
      store: redis,
      cache,
      reach,
      nowMs: () => clock.wallMs(),
      sources: sourcesFrom(config.news, reach),
      locks: openLocks({ redis, namespace: config.cacheNamespace }),
      ...metrics,
      log,
    },
    signal,
  );
}

export function createNewsMetrics(registry: Registry) {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ["source", "result"] as const, registers: [registry] });
  return {
    runs: counter("news_runs_total", "Runs of the news collector, by how they went"),
    articles: counter("news_articles_total", "Articles found, by whether they were new"),
  };
}
