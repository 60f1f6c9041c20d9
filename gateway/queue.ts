import { publishConfirmed } from "../shared/clients/amqp.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { keys } from "../shared/keys.ts";
import type { Deps } from "./deps.ts";

/**
 * Hands an accepted job to the broker and strikes it from the outbox once confirmed. True then; false when the
 * broker is away, blocked or late: the job stays in the outbox, the router drains it, and a job that arrives
 * twice is taken once. Never throws.
 */
export async function publishJob(
  { redis, broker, queueNames, log }: Pick<Deps, "redis" | "broker" | "queueNames" | "log">,
  jobId: JobId,
  envelope: string,
  outboxId: string,
  labels: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (!broker?.isUp() || broker.blocked() !== undefined) return false;
  const headers = { task_id: jobId, task_name: "chat.process", ...labels };
  try {
    const { exchange, routingKey } = queueNames;
    await publishConfirmed(broker, exchange, routingKey, envelope, jobId, headers);
  } catch (error) {
    log.warn("job stays in the outbox", { jobId, error });
    return false;
  }
  // not awaited: if it fails the router publishes once more, which is harmless
  redis.xdel(keys.outbox, outboxId).catch(() => undefined);
  return true;
}
