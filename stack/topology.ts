import { type AMQPChannel, AMQPClient } from "@cloudamqp/amqp-client";
import { type QueueNames, topology } from "../shared/contract/topology.ts";

/**
 * Declares exchanges, queues and bindings, as operators do in a cluster. Declaring again what is there is
 * harmless; with other arguments the broker refuses.
 */
export async function declareTopology(
  amqpUrl: string,
  names: QueueNames = topology,
): Promise<void> {
  const client = new AMQPClient(amqpUrl, undefined, null);
  client.onerror = () => {};
  await client.connect();
  try {
    const channel = await client.channel();
    const { exchange, queue, routingKey, deadLetterExchange, deadLetterQueue } = names;
    // The dead-letter side first: a message that dies early must find its queue.
    await channel.exchangeDeclare(deadLetterExchange, "direct", { durable: true });
    await channel.queueDeclare(deadLetterQueue, { durable: true }, deadLetterArguments);
    await channel.queueBind(deadLetterQueue, deadLetterExchange, deadLetterQueue);
    await channel.exchangeDeclare(exchange, "direct", { durable: true });
    await channel.exchangeDeclare(names.revocationExchange, "fanout", { durable: true });
    await channel.queueDeclare(queue, { durable: true }, queueArguments(names));
    await channel.queueBind(queue, exchange, routingKey);
    await declareCharacters(channel, names);
  } finally {
    await client.close();
  }
}

async function declareCharacters(channel: AMQPChannel, names: QueueNames): Promise<void> {
  const { rewardExchange, characterExchange, characterDeadLetterQueue: dead } = names;
  await channel.queueDeclare(dead, { durable: true }, deadLetterArguments);
  await channel.queueBind(dead, names.deadLetterExchange, dead);
  await channel.exchangeDeclare(rewardExchange, "fanout", { durable: true });
  await channel.exchangeDeclare(characterExchange, "direct", { durable: true });
  await channel.exchangeDeclare(names.characterCacheExchange, "fanout", { durable: true });
  const kept = {
    ...queueArguments(names),
    "x-dead-letter-routing-key": dead,
    "x-message-ttl": topology.grantTtlMs,
  };
  for (const [queue, exchange] of [
    [names.saveOwnershipQueue, rewardExchange],
    [names.saveCharacterQueue, rewardExchange],
    [names.grantDefaultQueue, characterExchange],
  ] as const) {
    await channel.queueDeclare(queue, { durable: true }, kept);
    await channel.queueBind(queue, exchange, queue);
  }
}

const deadLetterArguments = {
  "x-queue-type": "quorum",
  "x-message-ttl": topology.deadLetterTtlMs,
  "x-max-length": topology.maxLength,
};

function queueArguments(names: QueueNames): Record<string, string | number> {
  return {
    "x-queue-type": "quorum",
    "x-dead-letter-exchange": names.deadLetterExchange,
    "x-dead-letter-routing-key": names.deadLetterQueue,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish", // at-least-once needs it: drop-head would lose what it drops
    "x-delivery-limit": topology.deliveryLimit,
    "x-message-ttl": topology.messageTtlMs,
    "x-max-length": topology.maxLength,
  };
}
