import { pause } from "../shared/clock.ts";
import type { ChatId, JobId } from "../shared/contract/ids.ts";
import { endJob } from "../shared/end-job.ts";
import { keys } from "../shared/keys.ts";
import type { Deps } from "./deps.ts";
import withdrawLua from "./withdraw.lua" with { type: "text" };

const againMs = 1000;

/**
 * After an `accept` nobody knows the outcome of: takes the job back, trying until the store answers or the
 * process closes. ioredis sends commands of one connection in order, those of before a reconnect too, so this
 * runs directly after that `accept`, long before the router drains an outbox entry (`router.outboxMinAgeMs`).
 * Never throws.
 */
export async function withdraw(
  { redis, closing, log }: Pick<Deps, "redis" | "closing" | "log">,
  jobId: JobId,
  chatId: ChatId,
  idempotencyKey: string,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const word = await redis.eval(
        withdrawLua,
        8,
        keys.job(jobId),
        keys.log(jobId),
        keys.turns(chatId),
        keys.recent(chatId),
        keys.deadlines,
        keys.outbox,
        keys.state(jobId),
        idempotencyKey,
        jobId,
      );
      if (word === "published") await endJob(redis, jobId, "cancelled", "CANCELLED");
      log.warn("job withdrawn", { jobId, word, tries });
      return;
    } catch (error) {
      if (closing.aborted) {
        log.error("job may run although its sender was told otherwise", { jobId, error });
        return;
      }
      await pause(againMs, closing);
    }
  }
}
