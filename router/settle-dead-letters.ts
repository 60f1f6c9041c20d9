import type { AMQPChannel, AMQPMessage } from "@cloudamqp/amqp-client";
import type { Broker } from "../shared/clients/amqp.ts";
import * as v from "valibot";
import { pause } from "../shared/clock.ts";
import type { JobErrorCode } from "../shared/contract/event.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { JobEnvelope } from "../shared/contract/job.ts";
import type { QueueNames } from "../shared/contract/topology.ts";
import { endJob } from "../shared/end-job.ts";
import { recordFields, recordFromJob } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import type { Log } from "../shared/log.ts";
import { type ScriptedRedis, take } from "../shared/scripts.ts";
import { keepDeadLetter, readJobId } from "./dead-letters.ts";
import { backoffMs } from "./loop.ts";
import type { Metrics } from "./metrics.ts";
import { publishJob } from "./outbox.ts";

interface DeadLetterDeps {
  readonly store: ScriptedRedis;
  readonly broker: () => Broker;
  readonly names: QueueNames;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Letters looked at at once: one that waits for a lease to run out must not hold up the others. */
const prefetch = 16;
/** A job no worker ever took, as far as is known, may go back to the queue this often. */
const maxRescues = 3;
const rescuesHeader = "x-eco2-rescues";
const leasePollMs = 500;

/**
 * Consumes the dead-letter queue. What becomes of a letter's job:
 * - `ended-now`: it was tried too often, or its message is of no use: it ends `failed`, visibly;
 * - `rescued`: its worker crashed on a neighbour, it was never tried, or the store forgot it: back to the queue, not kept;
 * - `ended-before`, `unknown`: nothing to do;
 * - `unreadable`: no job id.
 * The letter is kept for people, then acknowledged: every step may be repeated.
 */
export async function settleDeadLetters(deps: DeadLetterDeps, channel: AMQPChannel): Promise<void> {
  await channel.basicQos(prefetch);
  await channel.basicConsume(deps.names.deadLetterQueue, { noAck: false }, (message) =>
    settleUntilDone(deps, channel, message),
  );
}

async function settleUntilDone(
  deps: DeadLetterDeps,
  channel: AMQPChannel,
  message: AMQPMessage,
): Promise<void> {
  const { log, signal } = deps;
  for (let failures = 0; !signal.aborted && !channel.closed;) {
    try {
      return await settle(deps, message);
    } catch (cause) {
      if (failures === 0) log.warn("dead letter not settled yet", { error: cause });
      await pause(backoffMs(failures++), signal);
    }
  }
}

async function settle(deps: DeadLetterDeps, message: AMQPMessage): Promise<void> {
  const { store, metrics, log } = deps;
  const body = message.bodyString() ?? "";
  const reason = reasonOf(message);
  const jobId = readJobId(body);
  const action = jobId ? await settleJob(deps, jobId, message, body) : "unreadable";
  if (action === "stopping") return; // stays in the queue
  if (action !== "rescued")
    await keepDeadLetter(store, { jobId: jobId ?? "", reason, action, body });
  await message.ack();
  metrics.deadLetters.inc({ action });
  log.warn("dead letter settled", { jobId, reason, action });
}

async function settleJob(
  deps: DeadLetterDeps,
  jobId: JobId,
  message: AMQPMessage,
  body: string,
): Promise<string> {
  const { store, broker, names, signal } = deps;
  const reason = reasonOf(message);
  while (!signal.aborted) {
    const [status, tries, leaseUntil] = await store.hmget(
      keys.job(jobId),
      "status",
      "tries",
      "lease_until",
    );
    // a job the store lost the record of runs from its message
    const wasTaken = status !== null && (status !== "queued" || Number(tries) > 0);
    const rescues = Number(message.properties.headers?.[rescuesHeader] ?? 0);
    if (!wasTaken && reason === "delivery_limit" && rescues < maxRescues) {
      await publishJob(broker(), names, jobId, body, { [rescuesHeader]: String(rescues + 1) });
      return "rescued";
    }
    const [seconds, micros] = await store.time();
    const leaseMs = Number(leaseUntil) - (Number(seconds) * 1000 + Number(micros) / 1000);
    if ((status === "running" || status === "waiting_human") && leaseMs > 0) {
      // a second message of the same job may be in good hands: that worker ends the job, or its lease runs out
      await pause(Math.min(leaseMs + 1, leasePollMs), signal);
      continue;
    }
    if (status === null) await rememberJob(store, body);
    return (await endJob(store, jobId, "failed", codeOf(reason, wasTaken))).word;
  }
  return "stopping";
}

/** Writes a record that a store lost, from the job's message: without one a job has no ending that anybody sees. */
async function rememberJob(store: ScriptedRedis, body: string): Promise<void> {
  const envelope = v.safeParse(v.pipe(v.string(), v.parseJson(), JobEnvelope), body);
  if (!envelope.success) return;
  const { kwargs: job } = envelope.output;
  await take(store, {
    jobId: job.job_id,
    chatId: job.session_id,
    worker: "",
    redelivered: false,
    record: recordFields(recordFromJob(job)),
  });
}

function codeOf(reason: string, wasTaken: boolean): JobErrorCode {
  if (reason === "expired") return "TIMEOUT";
  return reason === "rejected" && !wasTaken ? "BAD_JOB" : "ATTEMPTS_EXHAUSTED";
}

/** Why the broker gave the message up: the newest record of its `x-death` header. */
function reasonOf(message: AMQPMessage): string {
  const deaths = message.properties.headers?.["x-death"];
  const [newest] = Array.isArray(deaths) ? (deaths as { reason?: unknown }[]) : [];
  return typeof newest?.reason === "string" ? newest.reason : "unknown";
}
