import type { Redis } from "ioredis";
import type { Registry } from "../../shared/prom.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { noTracing, type Tracing } from "../../shared/trace.ts";
import { Fanout } from "./fanout.ts";
import { createLogReader } from "./log-reader.ts";
import { createSseMetrics } from "./metrics.ts";
import { Streams } from "./open-stream.ts";

interface Parts {
  /** Redis-P; it only subscribes. */
  readonly subscriber: Redis;
  /** Redis-S; its own connection, so that long logs do not delay requests. */
  readonly logRedis: ScriptedRedis;
  readonly registry: Registry;
  readonly tracing?: Tracing;
  readonly maxReaders?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** All readers of a process, wired. */
export function openStreams(parts: Parts): Streams {
  const { subscriber, logRedis, registry, clock, log, tracing = noTracing } = parts;
  const metrics = createSseMetrics(registry, { redis: logRedis, pubsub: subscriber });
  const logs = createLogReader(logRedis);
  const fanout = new Fanout({ subscriber, logs, metrics, tracing, clock });
  logRedis.on("ready", () => fanout.doubtAll()); // it was away: read on at once
  return new Streams({
    fanout,
    logs,
    metrics,
    clock,
    ...(parts.maxReaders === undefined ? {} : { maxReaders: parts.maxReaders }),
    onClosed: (jobId, reason, openMs) =>
      log.info("stream closed", { jobId, reason, openMs: Math.round(openMs) }),
  });
}
