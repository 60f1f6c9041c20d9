import type { AMQPChannel, AMQPMessage } from "@cloudamqp/amqp-client";
import * as v from "valibot";
import { pause } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { characters as limits, reconnect } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import type { Counter } from "../../shared/prom.ts";

interface BatchOptions<Body extends v.GenericSchema> {
  /** Of the worker's connection; the queue gets a channel of its own. */
  readonly channel: AMQPChannel;
  readonly queue: string;
  /** What the metric calls the queue. */
  readonly name: string;
  readonly Body: Body;
  /** Writes what the batch says; repeated until it succeeds. */
  readonly save: (batch: readonly v.InferOutput<Body>[]) => Promise<void>;
  readonly saved: Counter<"queue" | "result">;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Waiting<T> {
  readonly message: AMQPMessage;
  readonly body: T;
}

/** PostgreSQL's classes for data it will never take: the same next time. */
const neverTaken = /^2[23]/;
const isNeverTaken = (cause: unknown) =>
  cause instanceof Error && "code" in cause && neverTaken.test(String(cause.code));

/**
 * Consumes a queue in batches: while one is written the next gathers, so nothing waits when there is little to do.
 * Acknowledges after the write. A database that is away is waited for, with the messages unacknowledged; what cannot
 * be read or stored is dead-lettered alone. Throws `START_CHECK_FAILED` when the queue is missing.
 */
export async function consumeBatches<Body extends v.GenericSchema>(
  options: BatchOptions<Body>,
): Promise<void> {
  type T = v.InferOutput<Body>;
  const { queue, name, saved, log, signal } = options;
  const own = await options.channel.connection.channel();
  const waiting: Waiting<T>[] = [];
  let isWriting = false;

  const giveUp = async (message: AMQPMessage) => {
    log.warn("grant dead-lettered", { queue, bytes: message.bodySize });
    saved.inc({ queue: name, result: "refused" });
    await message.nack(false);
  };

  /** Returns with the batch unsettled when the channel or the process ends: the broker then has it again. */
  const settle = async (batch: readonly Waiting<T>[]): Promise<void> => {
    for (let failures = 0; !signal.aborted && !own.closed; failures++) {
      try {
        await options.save(batch.map(({ body }) => body));
        saved.inc({ queue: name, result: "saved" }, batch.length);
        await Promise.all(batch.map(({ message }) => message.ack()));
        return;
      } catch (error) {
        if (isNeverTaken(error)) {
          const [one] = batch;
          if (batch.length === 1 && one) return giveUp(one.message);
          for (const each of batch) await settle([each]);
          return;
        }
        if (failures === 0) log.warn("grants not written yet", { queue, error });
        const waitMs = Math.min(reconnect.maxMs, reconnect.firstMs * 2 ** Math.min(failures, 8));
        await pause(waitMs, signal);
      }
    }
  };

  const drain = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    try {
      while (waiting.length > 0) await settle(waiting.splice(0, limits.batch));
    } finally {
      isWriting = false;
    }
  };

  const parse = v.pipe(v.string(), v.parseJson());
  const receive = async (message: AMQPMessage): Promise<void> => {
    const text = v.safeParse(parse, message.bodyString());
    const parsed = v.safeParse(options.Body, text.output);
    if (!text.success || !parsed.success) return giveUp(message);
    waiting.push({ message, body: parsed.output });
    return drain();
  };

  try {
    await own.basicQos(limits.batch);
    const consumer = await own.basicConsume(queue, { noAck: false }, (message) =>
      receive(message).catch((error: unknown) => log.warn("grant not settled", { queue, error })),
    );
    // cancelled by the broker (its queue is gone): connect anew, which looks for it
    const isOver = () => {
      if (!signal.aborted) options.channel.onerror(`the consumer of ${queue} ended`);
    };
    consumer.wait().then(isOver, isOver);
  } catch (cause) {
    throw new AppError("START_CHECK_FAILED", { detail: `the broker lacks ${queue}`, cause });
  }
}
