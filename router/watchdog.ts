import type { Redis } from "ioredis";
import * as v from "valibot";
import { pause } from "../shared/clock.ts";
import { JobId } from "../shared/contract/ids.ts";
import { endJob } from "../shared/end-job.ts";
import { keys } from "../shared/keys.ts";
import { job, router } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { Leases } from "./leases.ts";
import { type Heart, repeat, replyOf } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

interface WatchdogDeps {
  readonly store: ScriptedRedis;
  /** Redis-P. */
  readonly live: Redis;
  readonly leases: Leases;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly log: Log;
}

export const watchdogLease = keys.dutyLease("watchdog");
/** Jobs of one sweep; more are swept the next time round. */
const sweepCount = 200;

/** Ends jobs that are past their deadline by the store's clock: no job hangs, whatever became of its worker. */
export function watchDeadlines(deps: WatchdogDeps, signal: AbortSignal): Promise<void> {
  const { leases, heart, log } = deps;
  return repeat({ name: "watchdog", log, signal, heart }, async () => {
    await pause(router.sweepEveryMs, signal);
    if (leases.isOurs(watchdogLease) && !signal.aborted) await sweep(deps, signal);
  });
}

async function sweep(deps: WatchdogDeps, signal: AbortSignal): Promise<void> {
  const { store, leases, heart } = deps;
  const [seconds, micros] = await replyOf(store, store.time(), heart, signal);
  const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  const due = store.zrangebyscore(
    keys.deadlines,
    "-inf",
    nowMs - job.watchdogGraceMs,
    "LIMIT",
    0,
    sweepCount,
  );
  for (const id of await replyOf(store, due, heart, signal)) {
    if (!leases.isOurs(watchdogLease) || signal.aborted) return;
    await endOverdue(deps, id, signal);
  }
}

async function endOverdue(deps: WatchdogDeps, id: string, signal: AbortSignal): Promise<void> {
  const { store, live, heart, metrics, log } = deps;
  const jobId = v.safeParse(JobId, id);
  if (!jobId.success) return void (await store.zrem(keys.deadlines, id));
  const ending = endJob(store, jobId.output, "failed", "TIMEOUT", job.watchdogGraceMs);
  const ended = await replyOf(store, ending, heart, signal);
  switch (ended.word) {
    case "ended-now":
      metrics.timedOut.inc();
      log.warn("job ended past its deadline", { jobId: id, worker: ended.worker });
      // a hint: a worker that misses it hears it at its next renewal
      if (ended.worker !== "" && live.status === "ready") {
        live.publish(keys.worker(ended.worker), id).catch(() => {});
      }
      return;
    case "early": {
      // the record says later than the list: believe the record
      const deadline = await store.hget(keys.job(jobId.output), "deadline");
      if (deadline) await store.zadd(keys.deadlines, "XX", deadline, id);
      return;
    }
    case "ended-before":
    case "unknown":
      await store.zrem(keys.deadlines, id);
  }
}
