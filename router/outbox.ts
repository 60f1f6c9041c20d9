import * as v from "valibot";
import { type Broker, publishConfirmed } from "../shared/clients/amqp.ts";
import { pause } from "../shared/clock.ts";
import { JobId } from "../shared/contract/ids.ts";
import type { QueueNames } from "../shared/contract/topology.ts";
import { keys } from "../shared/keys.ts";
import { router } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { fieldOf, type RawEntry } from "./batch.ts";
import type { Leases } from "./leases.ts";
import { type Heart, repeat, replyOf } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

interface OutboxDeps {
  readonly store: ScriptedRedis;
  readonly broker: Broker;
  readonly names: QueueNames;
  readonly leases: Leases;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly log: Log;
}

export const outboxLease = keys.dutyLease("outbox");
const everyMs = 500;
const readCount = 100;

/** Brings accepted jobs to the broker that the gateway could not, oldest first; each is there until confirmed. */
export function drainOutbox(deps: OutboxDeps, signal: AbortSignal): Promise<void> {
  const { leases, heart, log } = deps;
  return repeat({ name: "outbox", log, signal, heart }, async () => {
    await pause(everyMs, signal);
    while (leases.isOurs(outboxLease) && !signal.aborted) {
      if ((await drainPage(deps, signal)) < readCount) return;
    }
  });
}

/** Returns how many entries it settled. */
async function drainPage(deps: OutboxDeps, signal: AbortSignal): Promise<number> {
  const { store, leases, heart } = deps;
  const [seconds, micros] = await replyOf(store, store.time(), heart, signal);
  // entry ids are the store's own time: a younger entry is still the gateway's
  const newestMs =
    Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) - router.outboxMinAgeMs;
  const page = store.xrange(keys.outbox, "-", newestMs, "COUNT", readCount) as Promise<RawEntry[]>;
  let settled = 0;
  for (const entry of await replyOf(store, page, heart, signal)) {
    if (!leases.isOurs(outboxLease) || signal.aborted) break;
    heart.beat();
    await settle(deps, entry);
    settled++;
  }
  return settled;
}

/** Throws `UNAVAILABLE` while the broker is away: the loop waits, and nothing overtakes this entry. */
async function settle(deps: OutboxDeps, [entryId, fields]: RawEntry): Promise<void> {
  const { store, broker, names, metrics, log } = deps;
  const jobId = v.safeParse(JobId, fieldOf(fields ?? [], "job_id"));
  const body = fieldOf(fields ?? [], "body");
  let result = "unreadable";
  if (jobId.success && body) {
    // taken, ended or gone: the broker had it, or nobody waits for it any more
    const isWaiting = (await store.hget(keys.job(jobId.output), "status")) === "queued";
    result = isWaiting ? "published" : "settled";
    if (isWaiting) await publishJob(broker, names, jobId.output, body);
  }
  await store.xdel(keys.outbox, entryId);
  metrics.outboxDrained.inc({ result });
  if (result === "unreadable") log.warn("outbox entry is unreadable, dropped", { entryId });
  else log.info("outbox entry settled", { jobId: jobId.output, result });
}

/** The queue message of a job, as the gateway sends it. */
export function publishJob(
  broker: Broker,
  names: QueueNames,
  jobId: JobId,
  body: string,
  headers: Record<string, string> = {},
): Promise<void> {
  return publishConfirmed(broker, names.exchange, names.routingKey, body, jobId, {
    task_id: jobId,
    task_name: "chat.process",
    ...headers,
  });
}
