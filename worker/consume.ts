// What becomes of a delivery:
// taken      its attempt runs; once the terminal event is in the log it is kept a moment, then acknowledged
// ready      no slot or no memory for it yet: held, and looked at once there is
// parked     not its turn in the chat, or another live attempt has the job: held, and looked at again
// ended      kept a moment, then acknowledged     exhausted or malformed   job ended visibly, dead-lettered
// locked     somebody else has the session it is about: job ended as busy, acknowledged
// lost       the store forgot it: looked at again, which begins it anew. A store fails us or the worker stops: handed
//            back, and delivered again
import type { AMQPChannel, AMQPMessage } from "@cloudamqp/amqp-client";
import type { JobErrorCode } from "../shared/contract/event.ts";
import type { JobId } from "../shared/contract/ids.ts";
import type { Job } from "../shared/contract/job.ts";
import { endJob } from "../shared/end-job.ts";
import { recordFields, recordFromJob } from "../shared/job-record.ts";
import { keys } from "../shared/keys.ts";
import { job as jobLimits, worker as workerLimits } from "../shared/limits.ts";
import { type Attempt, release, take, type Taken } from "../shared/scripts.ts";
import type { TraceContext } from "../shared/trace.ts";
import type { Admission } from "./admission.ts";
import { keepEndings } from "./kept-endings.ts";
import { parseDelivery } from "./parse-delivery.ts";
import { runJob, type RunDeps, type RunEnd } from "./run.ts";
import { runScan, type ScanDeps } from "./scan/run-scan.ts";

interface ConsumeOptions extends RunDeps, Partial<Pick<ScanDeps, "scan">> {
  readonly queue: string;
  readonly worker: string;
  /** Jobs run at once. */
  readonly concurrency: number;
  /** Is there memory for one more? By default always. */
  readonly admission?: Admission;
  readonly turnPollMs?: number;
  /** A job has its ending, ours or another's; its message is settled afterwards. */
  readonly onEnded?: (job: Job) => Promise<void>;
  /** Are there rows of a job that ended? By default there are none. */
  readonly isStored?: (jobId: JobId) => Promise<boolean>;
  /** How long the message of a job that ended is kept. */
  readonly keptMs?: number;
}

export interface Consumer {
  /** Gives a new channel its consumer; for `openBroker`. */
  onChannel(channel: AMQPChannel): Promise<void>;
  isConsuming(): boolean;
  running(): number;
  /** Deliveries dealt with since the start. */
  settled(): number;
  /** Stops intake, lets jobs finish for `drainMs`, hands back the rest. */
  stop(drainMs: number): Promise<void>;
}

/** Deliveries held beyond the running ones: they wait for their chat, not for this worker. */
const parkedAllowance = 64;
/** A job another attempt has is looked at this often. */
const busyPollMs = 1000;

interface Delivery {
  message: AMQPMessage;
  readonly job: Job;
  /** Of the request that brought it. */
  readonly trace: TraceContext | undefined;
  nextLookMs: number;
  /** Whoever held the job before cannot run it any more: its lease does not count. */
  isOrphan: boolean;
  /** The broker gave the message back to the attempt that runs here: it is not the one that attempt was taken with. */
  isReturned: boolean;
}

export function consumeJobs(options: ConsumeOptions): Consumer {
  const { redis, clock, metrics, log, worker, admission } = options;
  const turnPollMs = options.turnPollMs ?? jobLimits.turnPollMs;
  const running = new Map<JobId, Delivery>();
  const ready: Delivery[] = [];
  const parked = new Set<Delivery>();
  const atWork = new Set<Promise<void>>();
  const handback = new AbortController();
  let slots = options.concurrency;
  /** While jobs wait for memory alone. */
  let memoryPoll: ReturnType<typeof setInterval> | undefined;
  let live: { channel: AMQPChannel; tag: string } | undefined;
  let isStopping = false;
  let settled = 0;
  let poll: ReturnType<typeof setInterval> | undefined;

  /** A delivery whose channel is gone is the broker's again; it will come back by itself. */
  const settle = async (message: AMQPMessage, how: "ack" | "requeue" | "dead-letter") => {
    metrics.deliveries.inc({ result: how });
    settled++;
    if (message.channel.closed) return;
    try {
      await (how === "ack" ? message.ack() : message.nack(how === "requeue"));
    } catch (cause) {
      log.warn("the broker did not take a settlement", { how, error: cause });
    }
  };

  const endings = keepEndings({
    clock,
    log,
    isKnown: async (jobId) => (await redis.exists(keys.job(jobId))) === 1,
    isStored: options.isStored ?? (() => Promise.resolve(false)),
    acknowledge: (message) => settle(message, "ack"),
    ...(options.keptMs === undefined ? {} : { keptMs: options.keptMs }),
  });
  const acknowledge = async (delivery: Delivery) => {
    await options.onEnded?.(delivery.job);
    const { message, job, trace } = delivery;
    if (isStopping) return settle(message, "ack");
    const again = { message, job, trace, nextLookMs: 0, isOrphan: false, isReturned: false };
    endings.keep(message, job.job_id, () => guard(look(again), message));
  };

  const endVisibly = async (message: AMQPMessage, jobId: JobId, code: JobErrorCode, job?: Job) => {
    await endJob(redis, jobId, "failed", code);
    if (job) await options.onEnded?.(job);
    log.warn("job dead-lettered", { jobId, code });
    await settle(message, "dead-letter");
  };

  const receive = async (message: AMQPMessage): Promise<void> => {
    if (isStopping) return settle(message, "requeue");
    const parsed = parseDelivery(message.body);
    if (parsed.word === "health") return settle(message, "ack");
    if (parsed.word === "malformed") {
      if (parsed.jobId !== undefined) return endVisibly(message, parsed.jobId, "BAD_JOB");
      log.warn("unreadable message dead-lettered", { bytes: message.bodySize });
      return settle(message, "dead-letter");
    }
    const { job, trace } = parsed;
    const isOrphan = message.redelivered;
    const delivery = { message, job, trace, nextLookMs: 0, isOrphan, isReturned: false };
    const mine = running.get(job.job_id);
    if (mine && mine.message.channel.closed) {
      // the connection was lost while the job ran on: the returned message belongs to that attempt
      mine.message = message;
      mine.isReturned = true;
      return;
    }
    if (slots > 0 && hasMemory()) return look(delivery);
    ready.push(delivery);
  };

  /** False: what is ready waits until some of it is free. */
  const hasMemory = (): boolean => {
    if (!admission || admission.hasRoom(running.size)) return true;
    metrics.memoryWaits.inc();
    memoryPoll ??= setInterval(letIn, workerLimits.memoryPollMs);
    return false;
  };

  /** Tries to take a delivery's job. Parked ones may go beyond the slots: their chat has waited already. */
  const look = async (delivery: Delivery): Promise<void> => {
    const { job, message } = delivery;
    if (message.channel.closed) return; // the broker has it again
    if (running.has(job.job_id)) return park(delivery, busyPollMs);
    running.set(job.job_id, delivery);
    admission?.begun();
    slots--;
    let goesOn = false;
    try {
      const taken = await take(redis, {
        jobId: job.job_id,
        chatId: job.session_id,
        worker,
        redelivered: delivery.isOrphan,
        record: recordFields(recordFromJob(job)),
      });
      goesOn = taken.word === "taken";
      if (taken.word === "taken") start(delivery, taken);
      else await decline(delivery, taken);
    } catch (cause) {
      // nothing was begun: waiting here costs none of the few returns a message has
      log.warn("could not look at a job, trying again", { jobId: job.job_id, error: cause });
      park(delivery, busyPollMs);
    } finally {
      if (!goesOn) leave(delivery);
    }
  };

  const decline = async (delivery: Delivery, taken: Exclude<Taken, Attempt>): Promise<void> => {
    switch (taken.word) {
      case "waiting":
        return park(delivery, turnPollMs);
      case "busy":
        // held in our name and not run here: the reply to our own take was lost, or we were restarted
        delivery.isOrphan = (await redis.hget(keys.job(delivery.job.job_id), "worker")) === worker;
        return park(delivery, delivery.isOrphan ? 0 : busyPollMs);
      case "locked":
        // nobody claimed its lock in time, and somebody else has the session now
        await endJob(redis, delivery.job.job_id, "failed", "SESSION_BUSY");
        return acknowledge(delivery);
      case "ended":
        return acknowledge(delivery);
      case "exhausted":
        return endVisibly(
          delivery.message,
          delivery.job.job_id,
          "ATTEMPTS_EXHAUSTED",
          delivery.job,
        );
    }
  };

  const begin = async ({ job, trace }: Delivery, attempt: Attempt): Promise<RunEnd> => {
    const { scan } = options;
    if (job.kind !== "scan") return runJob(job, attempt, { ...options, trace }, handback.signal);
    if (!scan) throw new Error("this worker runs no scans");
    return runScan(job, attempt, { ...options, scan, trace }, handback.signal);
  };

  const start = (delivery: Delivery, attempt: Attempt): void => {
    track(
      begin(delivery, attempt)
        .then(async (end) => {
          if (end === "ended") return acknowledge(delivery);
          if (end === "superseded") return yieldTo(delivery);
          const isOurs = handback.signal.aborted;
          await release(redis, delivery.job.job_id, attempt.attempt, isOurs);
          if (isOurs) return settle(delivery.message, "requeue");
          // no fault of the job's: this costs none of its returns
          park({ ...delivery, isOrphan: false, isReturned: false }, turnPollMs);
        })
        .catch((cause: unknown) => giveBack(delivery.message, cause))
        .finally(() => leave(delivery)),
    );
  };

  /**
   * A newer attempt has the job, and the message it was taken with. One that came back here meanwhile may be that
   * very message, its channel lost like ours: then it must outlive the newer attempt, or that one's worker dies
   * with nobody left who knows of the job.
   */
  const yieldTo = async (delivery: Delivery): Promise<void> => {
    if (!delivery.isReturned) return settle(delivery.message, "ack");
    park({ ...delivery, isOrphan: false, isReturned: false }, busyPollMs);
  };

  /** Frees the slot of a delivery and lets the next one in. */
  const leave = (delivery: Delivery): void => {
    if (running.get(delivery.job.job_id) === delivery) running.delete(delivery.job.job_id);
    slots++;
    letIn();
  };

  const letIn = (): void => {
    while (slots > 0 && ready.length > 0 && hasMemory()) {
      const next = ready.shift();
      if (next) guard(look(next), next.message);
    }
    if (ready.length > 0) return;
    clearInterval(memoryPoll);
    memoryPoll = undefined;
  };

  const park = (delivery: Delivery, ms: number): void => {
    if (isStopping) return track(settle(delivery.message, "requeue"));
    delivery.nextLookMs = clock.monotonicMs() + ms;
    parked.add(delivery);
    metrics.parked.set(parked.size);
    poll ??= setInterval(lookAgain, turnPollMs);
  };

  /** One round for all that wait; their commands go out back to back. */
  const lookAgain = (): void => {
    const nowMs = clock.monotonicMs();
    for (const delivery of parked) {
      if (delivery.message.channel.closed) parked.delete(delivery);
      else if (delivery.nextLookMs <= nowMs && (admission?.hasRoom(running.size) ?? true)) {
        parked.delete(delivery);
        guard(look(delivery), delivery.message);
      }
    }
    metrics.parked.set(parked.size);
    if (parked.size === 0 && poll) {
      clearInterval(poll);
      poll = undefined;
    }
  };

  /** A store or the broker failed us: somebody tries again. */
  const giveBack = async (message: AMQPMessage, cause: unknown): Promise<void> => {
    log.warn("delivery handed back", { error: cause });
    await settle(message, "requeue");
  };
  const track = (work: Promise<void>): void => {
    atWork.add(work);
    void work.finally(() => atWork.delete(work));
  };
  const guard = (work: Promise<void>, message: AMQPMessage): void => {
    track(work.catch((cause: unknown) => giveBack(message, cause)));
  };

  return {
    onChannel: async (channel) => {
      if (isStopping) return;
      // what the memory cannot hold is another worker's
      const most = Math.min(options.concurrency, running.size + (admission?.fits() ?? 65_535));
      await channel.prefetch(Math.min(65_535, most + parkedAllowance));
      const consumer = await channel.basicConsume(options.queue, { noAck: false }, (message) =>
        guard(receive(message), message),
      );
      live = { channel, tag: consumer.tag };
      // cancelled by the broker (its queue is gone): connect anew, which checks the queue
      const isOver = () => {
        if (live?.channel !== channel || isStopping) return;
        live = undefined;
        channel.onerror("the broker cancelled the consumer");
      };
      consumer.wait().then(isOver, isOver);
    },
    isConsuming: () => live !== undefined && !live.channel.closed && !isStopping,
    running: () => running.size,
    settled: () => settled,
    stop: async (drainMs) => {
      isStopping = true;
      if (live && !live.channel.closed) await live.channel.basicCancel(live.tag).catch(() => {});
      clearInterval(poll);
      clearInterval(memoryPoll);
      const held = [...ready.splice(0), ...parked];
      parked.clear();
      await Promise.allSettled(held.map(({ message }) => settle(message, "requeue")));
      await endings.close();
      const timer = setTimeout(() => handback.abort(), drainMs);
      while (atWork.size > 0) await Promise.allSettled(atWork);
      clearTimeout(timer);
    },
  };
}
