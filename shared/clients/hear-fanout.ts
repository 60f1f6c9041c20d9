import type { AMQPChannel } from "@cloudamqp/amqp-client";
import { AppError } from "../errors.ts";

/**
 * Hears a fanout's messages by a queue of its own, on a channel of its own, as long as the connection of `channel` lives.
 * Throws `START_CHECK_FAILED` without exchange.
 */
export async function hearFanout(
  channel: AMQPChannel,
  exchange: string,
  onMessage: (body: string | null) => void,
): Promise<AMQPChannel> {
  const own = await channel.connection.channel(); // a failed check closes its channel
  try {
    await own.exchangeDeclare(exchange, "fanout", { passive: true });
    const queue = { exclusive: true, autoDelete: true, durable: false };
    const { name } = await own.queueDeclare("", queue);
    await own.queueBind(name, exchange, "");
    await own.basicConsume(name, { noAck: true }, (message) => onMessage(message.bodyString()));
  } catch (cause) {
    const detail = `the broker lacks the exchange ${exchange}, or lets us have no queue there`;
    throw new AppError("START_CHECK_FAILED", { detail, cause });
  }
  return own;
}
