import type { Redis } from "ioredis";
import type { JobId } from "../shared/contract/ids.ts";
import { keys } from "../shared/keys.ts";
import { job as jobLimits } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import { renew, type ScriptedRedis } from "../shared/scripts.ts";

type News = "ended" | "stale" | "unlocked";

/** Keeps the leases of this worker's attempts and brings news about them. */
export interface Leases {
  /** `onNews` is called at most once: the job ended, another attempt owns it, or its lock is somebody else's. */
  hold(
    jobId: JobId,
    attempt: number,
    onNews: (news: News) => void,
    /** After every look that found the lease still ours: a round, or a message about the job. */
    onLook?: () => void,
  ): Held;
  close(): Promise<void>;
}
interface Held {
  release(): void;
}
interface Holding {
  readonly jobId: JobId;
  readonly attempt: number;
  readonly onNews: (news: News) => void;
  readonly onLook: (() => void) | undefined;
}

/**
 * One timer renews all leases, the commands of a round back to back on one connection. A message on the worker's
 * channel (`<job id>`) looks at that job at once: cancel need not wait for the round.
 */
export function holdLeases(options: {
  readonly redis: ScriptedRedis;
  readonly subscriber: Redis;
  readonly worker: string;
  readonly log: Log;
  readonly renewMs?: number;
}): Leases {
  const { redis, subscriber, log } = options;
  const holdings = new Set<Holding>();
  let isRenewing = false;

  const look = async (holding: Holding): Promise<void> => {
    const word = await renew(redis, holding.jobId, holding.attempt);
    if (word === "renewed") return holding.onLook?.();
    if (!holdings.delete(holding)) return;
    holding.onNews(word);
  };
  const lookAt = (which: Iterable<Holding>) => Promise.allSettled(Array.from(which, look));

  const timer = setInterval(async () => {
    if (isRenewing || holdings.size === 0) return; // the store is away: one round waits, not one a second
    isRenewing = true;
    const results = await lookAt(holdings);
    isRenewing = false;
    const failed = results.find((result) => result.status === "rejected");
    if (failed) log.warn("renewing leases failed", { error: failed.reason });
  }, options.renewMs ?? jobLimits.renewMs);

  const channel = keys.worker(options.worker);
  const onMessage = (from: string, jobId: string) => {
    if (from === channel) void lookAt([...holdings].filter((holding) => holding.jobId === jobId));
  };
  subscriber.on("message", onMessage);
  subscriber.subscribe(channel).catch((cause: unknown) => {
    log.warn("no news channel, leases still bring the news", { error: cause });
  });

  return {
    hold: (jobId, attempt, onNews, onLook) => {
      const holding = { jobId, attempt, onNews, onLook };
      holdings.add(holding);
      return { release: () => void holdings.delete(holding) };
    },
    close: async () => {
      clearInterval(timer);
      holdings.clear();
      subscriber.off("message", onMessage);
      if (subscriber.status === "ready") await subscriber.unsubscribe(channel).catch(() => {});
    },
  };
}
