import { Counter, Histogram, type Registry } from "../../shared/prom.ts";
import { pause } from "../../shared/clock.ts";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { AppError } from "../../shared/errors.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import { checkSchema } from "../../shared/migrations/migrate.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { withCheckpointScripts } from "../checkpoints/redis-store.ts";
import { CheckpointSaver } from "../checkpoints/saver.ts";
import { createSync } from "../checkpoints/sync.ts";
import { createMemory, type Memory } from "./memory.ts";

interface MemorySettings {
  readonly cacheUrl: string;
  readonly databaseUrl: string;
  readonly worker: string;
  /** Redis-S. */
  readonly streams: ScriptedRedis;
  readonly registry: Registry;
  readonly log: Log;
}

export interface OpenMemory {
  /** Its pool, for the few other readers of a worker. */
  readonly sql: Sql;
  readonly memory: Memory;
  /** Runs until `close`; rejects with `START_CHECK_FAILED` when the database lacks the tables. */
  readonly copying: Promise<void>;
  isUp(): Promise<boolean>;
  /** Copies what is still queued, if PostgreSQL answers, and lets go of the stores. After the last job. */
  close(): Promise<void>;
}

/** What is queued at the end may take this long; the rest waits for the next worker. */
const lastCopyMs = 5_000;

/** The chats' memory of this process: its stores, and the loop that copies checkpoints behind the jobs. */
export function openMemory(settings: MemorySettings): OpenMemory {
  const { worker, log, streams } = settings;
  const metrics = createMemoryMetrics(settings.registry);
  const cache = openRedis(settings.cacheUrl, `worker-memory-${worker}`, "request", log);
  // a run waits and tries again by itself: one command need not wait long
  cache.options.commandTimeout = limits.commandMs;
  const redis = Object.assign(cache, withCheckpointScripts(cache));
  const sql = openPostgres(settings.databaseUrl, `worker-${worker}`);
  const sync = createSync({
    redis,
    sql,
    worker,
    log,
    observe: (result) => metrics.synced.inc({ result }),
  });
  const saver = new CheckpointSaver({
    redis,
    sql,
    onQueued: () => sync.notice(),
    onMiss: (found, seconds) => {
      if (found) metrics.promoted.observe(seconds);
      if (found) metrics.promotes.inc();
      else metrics.coldMisses.inc();
    },
  });
  const stop = new AbortController();
  const copying = (async () => {
    await checkTables();
    await sync.run(stop.signal);
  })();

  /** Missing tables are a mistake; a database that is away is not: jobs of known chats run without it. */
  async function checkTables(): Promise<void> {
    for (let hasWarned = false; !stop.signal.aborted; hasWarned = true) {
      try {
        return await checkSchema(sql);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (!hasWarned) log.warn("the database does not answer yet", { error: cause });
        await pause(limits.syncEveryMs, stop.signal);
      }
    }
  }

  return {
    sql,
    memory: createMemory({ saver, streams, sql }),
    copying,
    isUp: async () => (await cache.ping()) === "PONG",
    close: async () => {
      stop.abort();
      const timeout = pause(lastCopyMs, new AbortController().signal);
      await Promise.race([copying.catch(() => {}), timeout]); // its last round copies what is left
      await closeRedis(cache);
      await sql.end({ timeout: 2 });
    },
  };
}

export function createMemoryMetrics(registry: Registry) {
  const registers = [registry];
  return {
    promotes: new Counter({
      name: "chat_checkpoint_promotes_total",
      help: "Checkpoints Redis had not and PostgreSQL had",
      registers,
    }),
    coldMisses: new Counter({
      name: "chat_checkpoint_cold_misses_total",
      help: "Checkpoints neither store had",
      registers,
    }),
    promoted: new Histogram({
      name: "chat_checkpoint_promote_duration_seconds",
      help: "Reading a checkpoint from PostgreSQL and bringing it back to Redis",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
      registers,
    }),
    synced: new Counter({
      name: "chat_checkpoint_copies_total",
      help: "Queued checkpoints by what became of their copy",
      labelNames: ["result"],
      registers,
    }),
  };
}
