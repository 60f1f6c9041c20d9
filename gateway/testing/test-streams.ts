import { Registry } from "../../shared/prom.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import type { Clock } from "../../shared/clock.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { createLog } from "../../shared/log.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { noTracing } from "../../shared/trace.ts";
import { readCursor } from "../sse/cursor.ts";
import { Fanout } from "../sse/fanout.ts";
import { createLogReader } from "../sse/log-reader.ts";
import { createSseMetrics, type SseMetrics } from "../sse/metrics.ts";
import { Streams } from "../sse/open-stream.ts";
import { readStream, type TestReader } from "./sse-client.ts";

/** Readers on a real Redis that is both stores. */
export interface TestStreams {
  readonly streams: Streams;
  readonly fanout: Fanout;
  readonly metrics: SseMetrics;
  /** For the test's own commands. */
  readonly redis: ScriptedRedis;
  /** Opens a stream; 204 and "unknown" throw their words. */
  open(jobId: JobId, lastEventId?: string, isEnded?: boolean): Promise<TestReader>;
  respond(jobId: JobId, lastEventId?: string, isEnded?: boolean): Promise<Response | undefined>;
  close(): Promise<void>;
}

/** `speed`: how much faster than the wall the readers' clock runs, so that silence need not be waited for. */
export function openTestStreams(url: string, speed = 1): TestStreams {
  const log = createLog(() => {});
  const redis = openRedis(url, "test", "request", log);
  const logRedis = openRedis(url, "test-log", "request", log);
  const subscriber = openRedis(url, "test-live", "subscriber", log);
  const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() * speed };
  const metrics = createSseMetrics(new Registry());
  const logs = createLogReader(logRedis);
  const fanout = new Fanout({ subscriber, logs, metrics, tracing: noTracing, clock });
  logRedis.on("ready", () => fanout.doubtAll());
  const streams = new Streams({ fanout, logs, metrics, clock, tickMs: 500 / speed });
  const respond = (jobId: JobId, lastEventId?: string, isEnded = false) =>
    streams.open({
      jobId,
      cursor: readCursor(lastEventId, undefined),
      isEnded,
      expiresAtMs: Date.now() + 3_600_000 * speed,
      isRevoked: () => false,
      setIdleSeconds: () => {},
    });
  return {
    streams,
    fanout,
    metrics,
    redis,
    respond,
    async open(...args) {
      const response = await respond(...args);
      if (!response) throw new Error("unknown");
      if (response.status === 204) throw new Error("204");
      return readStream(response);
    },
    async close() {
      streams.close();
      await Promise.all([redis, logRedis, subscriber].map((each) => closeRedis(each)));
    },
  };
}
