import type { Redis } from "ioredis";
import type { Registry } from "../../shared/prom.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
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
  readonly clock: Clock;
  readonly log: Log;
}

/** All readers of a process, wired. */
export function openStreams({ subscriber, logRedis, registry, clock, log }: Parts): Streams {
  const metrics = createSseMetrics(registry);
  const logs = createLogReader(logRedis);
  const fanout = new Fanout({ subscriber, logs, metrics, clock });
  logRedis.on("ready", () => fanout.doubtAll()); // it was away: read on at once
  return new Streams({
    fanout,
    logs,
    metrics,
    clock,
    onClosed: (jobId, reason, openMs) =>
      log.info("stream closed", { jobId, reason, openMs: Math.round(openMs) }),
  });
}
