// An ending that only the job store knows is lost when that store loses its data: its readers had not heard of it yet,
// or it was not stored yet. So the message of a job that ended is not acknowledged at once.
// kept          for `keptMs`, or until there are more than `keptMost` younger ones
// acknowledged  the store still knows the job, or its rows are there
// lost          neither does: the job runs again from its message
import type { AMQPMessage } from "@cloudamqp/amqp-client";
import type { Clock } from "../shared/clock.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { job as jobLimits } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";

interface Kept {
  readonly message: AMQPMessage;
  readonly jobId: JobId;
  readonly untilMs: number;
  readonly runAgain: () => void;
}

interface KeptEndingsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly keptMs?: number;
  readonly keptMost?: number;
  /** Does the store know the job? Waits while the store is away. */
  readonly isKnown: (jobId: JobId) => Promise<boolean>;
  /** Are there rows of it? */
  readonly isStored: (jobId: JobId) => Promise<boolean>;
  readonly acknowledge: (message: AMQPMessage) => Promise<void>;
}

const lookEveryMs = 100;

export function keepEndings(options: KeptEndingsOptions) {
  const { clock, log, isKnown, isStored, acknowledge } = options;
  const keptMs = options.keptMs ?? jobLimits.keptMs;
  const keptMost = options.keptMost ?? jobLimits.keptMost;
  /** Oldest first. */
  const kept = new Set<Kept>();
  let timer: ReturnType<typeof setInterval> | undefined;

  const look = async ({ message, jobId, runAgain }: Kept): Promise<void> => {
    if (message.channel.closed) return; // the broker has it again, and whoever gets it sees the ending
    if (await isKnown(jobId)) return acknowledge(message);
    const hasRows = await isStored(jobId).catch(() => false); // answering twice is better than not at all
    if (hasRows) return acknowledge(message);
    log.warn("the store lost an ending before it was stored, the job runs again", { jobId });
    runAgain();
  };

  const settle = (one: Kept): void => {
    kept.delete(one);
    look(one).catch((error: unknown) => {
      log.warn("could not look after an ending", { jobId: one.jobId, error });
      return acknowledge(one.message);
    });
  };

  const lookAtDue = (): void => {
    const nowMs = clock.monotonicMs();
    for (const one of kept) {
      if (one.untilMs > nowMs) break;
      settle(one);
    }
    if (kept.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    keep: (message: AMQPMessage, jobId: JobId, runAgain: () => void): void => {
      kept.add({ message, jobId, untilMs: clock.monotonicMs() + keptMs, runAgain });
      const [oldest] = kept;
      if (kept.size > keptMost && oldest) settle(oldest);
      timer ??= setInterval(lookAtDue, lookEveryMs);
    },
    /** Acknowledges them all: the process stops. */
    close: async (): Promise<void> => {
      clearInterval(timer);
      const rest = [...kept];
      kept.clear();
      await Promise.all(rest.map(({ message }) => acknowledge(message)));
    },
  };
}
