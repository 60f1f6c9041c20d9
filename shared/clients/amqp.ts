import { type AMQPChannel, AMQPClient } from "@cloudamqp/amqp-client";
import { pause } from "../clock.ts";
import type { QueueNames } from "../contract/topology.ts";
import { AppError } from "../errors.ts";
import { reconnect, wait } from "../limits.ts";
import type { Log } from "../log.ts";

/** Seconds between heartbeats: a frozen peer is noticed after two of them. */
const heartbeatSeconds = 4;

/** A connection to the broker that comes back by itself, for ever. */
export interface Broker {
  /** True while the channel is open and the topology was found. */
  isUp(): boolean;
  /** Why the broker refuses publishes (memory or disk alarm), if it does. */
  blocked(): string | undefined;
  /** The confirmed channel of the moment. Throws `UNAVAILABLE` while there is none. */
  channel(): AMQPChannel;
  /** Resolves when first up; rejects with `START_CHECK_FAILED` when the topology is missing at start. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

interface BrokerOptions {
  readonly url: string;
  readonly name: string;
  readonly names: QueueNames;
  readonly log: Log;
  /** Runs on every new connection: consume, set prefetch. The connection is dropped when it throws. */
  readonly onChannel?: (channel: AMQPChannel) => Promise<void>;
}

function urlFor(url: string, name: string): string {
  const named = new URL(url);
  named.searchParams.set("name", name);
  named.searchParams.set("heartbeat", String(heartbeatSeconds));
  return named.toString();
}

/** Throws `START_CHECK_FAILED` unless exchange and queues are there. Declares nothing: operators own the topology. */
async function checkTopology(client: AMQPClient, names: QueueNames): Promise<void> {
  const channel = await client.channel(); // a failed check closes its channel
  try {
    await channel.exchangeDeclare(names.exchange, "direct", { passive: true });
    await channel.exchangeDeclare(names.deadLetterExchange, "direct", { passive: true });
    await channel.queueDeclare(names.queue, { passive: true });
    await channel.queueDeclare(names.deadLetterQueue, { passive: true });
  } catch (cause) {
    throw new AppError("START_CHECK_FAILED", {
      detail: `the broker lacks ${names.exchange}, ${names.queue} or their dead-letter twins`,
      cause,
    });
  }
  await channel.close();
}

/** Connects in the background and stays connected. */
export function openBroker(options: BrokerOptions): Broker {
  const log = options.log.with({ client: options.name });
  const stop = new AbortController();
  let live: { client: AMQPClient; channel: AMQPChannel } | undefined;
  let wasUp = false;
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => {}); // whoever awaits it still sees the error

  const connectOnce = async (): Promise<void> => {
    const client = new AMQPClient(urlFor(options.url, options.name), undefined, null);
    const gone = Promise.withResolvers<Error | undefined>();
    client.ondisconnect = (error) => gone.resolve(error);
    client.onerror = () => {};
    // our own close raises no `ondisconnect`; a frozen broker never answers the closing handshake
    const closed = () =>
      Promise.race([client.close().catch(() => {}), pause(500, new AbortController().signal)]);
    const onStop = () => void closed().then(() => gone.resolve(undefined));
    try {
      await client.connect();
      stop.signal.throwIfAborted(); // closed meanwhile: nobody would hear the event
      stop.signal.addEventListener("abort", onStop);
      const setUp = async (): Promise<AMQPChannel> => {
        await checkTopology(client, options.names);
        const channel = await client.channel();
        channel.onerror = (reason) => gone.resolve(new Error(reason));
        await channel.confirmSelect();
        listenForReturns(channel);
        await options.onChannel?.(channel);
        return channel;
      };
      // what a connection was asked before it ended is never answered
      const ended = gone.promise.then((error) => {
        throw error ?? new Error("the connection ended");
      });
      const channel = await Promise.race([setUp(), ended]);
      live = { client, channel };
      if (wasUp) log.info("broker connection is back");
      wasUp = true;
      started.resolve();
      ended.catch(() => {}); // from here on an end is no failure
      const error = await gone.promise;
      if (!stop.signal.aborted) log.warn("broker connection lost", { error });
    } finally {
      live = undefined;
      stop.signal.removeEventListener("abort", onStop);
      if (!client.closed) await closed();
      client.socket?.destroy();
    }
  };

  const stayConnected = async (): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      try {
        await connectOnce();
        failures = 0;
      } catch (cause) {
        if (stop.signal.aborted) return;
        if (!wasUp && cause instanceof AppError) started.reject(cause);
        failures++;
        if (failures === 1) log.warn("broker connection failed", { error: cause });
      }
      const backoffMs = Math.min(reconnect.maxMs, reconnect.firstMs * 2 ** Math.min(failures, 8));
      await pause(backoffMs, stop.signal);
    }
  };
  const running = stayConnected();

  return {
    isUp: () => live !== undefined,
    blocked: () => live?.client.blocked,
    channel: () => {
      if (!live) throw new AppError("UNAVAILABLE", { detail: "the job queue is away" });
      return live.channel;
    },
    started: started.promise,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/**
 * Publishes one message and resolves once the broker has it in a queue. Throws `UNAVAILABLE` when the broker
 * is away, refuses, cannot route it, or does not confirm within `wait.confirmMs` (it may still arrive then).
 */
export async function publishConfirmed(
  broker: Broker,
  exchange: string,
  routingKey: string,
  body: string,
  messageId: string,
  headers: Record<string, string>,
): Promise<void> {
  const channel = broker.channel();
  let unroutable = false;
  returnWaiters.get(channel)?.set(messageId, () => (unroutable = true));
  const timeout = new AbortController();
  try {
    const published = channel.basicPublish(
      exchange,
      routingKey,
      body,
      { deliveryMode: 2, contentType: "application/json", messageId, headers },
      true,
    );
    const confirmed = await Promise.race([
      published.then(() => "confirmed" as const),
      pause(wait.confirmMs, timeout.signal).then(() => "late" as const),
    ]);
    published.catch(() => {}); // a late failure has nobody waiting
    if (confirmed === "late" || unroutable) {
      throw new AppError("UNAVAILABLE", {
        detail: unroutable ? "no queue takes this job" : "the job queue did not confirm in time",
      });
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("UNAVAILABLE", { detail: "the job queue refused the job", cause });
  } finally {
    timeout.abort();
    returnWaiters.get(channel)?.delete(messageId);
  }
}

/** Who waits for a returned message, by channel and message id. The broker returns before it confirms. */
const returnWaiters = new WeakMap<AMQPChannel, Map<string, () => void>>();

function listenForReturns(channel: AMQPChannel): void {
  const byId = new Map<string, () => void>();
  returnWaiters.set(channel, byId);
  channel.onReturn = (message) => byId.get(message.properties.messageId ?? "")?.();
}
