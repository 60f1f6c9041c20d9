import { AMQPClient } from "@cloudamqp/amqp-client";
import { expect, test } from "bun:test";
import { declareTopology } from "../../stack/topology.ts";
import { describeWith, testTopology } from "./services.ts";
import { until } from "./until.ts";

describeWith("rabbitmq")("testTopology", () => {
  test("a message returned more often than the limit ends in the dead-letter queue", async () => {
    const { url, topology, remove } = await testTopology();
    await declareTopology(url, topology); // again: harmless
    const client = new AMQPClient(url, undefined, null);
    await client.connect();
    const channel = await client.channel();
    await channel.confirmSelect();
    await channel.basicPublish(topology.exchange, topology.routingKey, "work", {}, true);
    let deliveries = 0;
    await channel.basicConsume(topology.queue, { noAck: false }, async (message) => {
      deliveries++;
      await message.nack(true);
    });
    const dead = await until(() => channel.basicGet(topology.deadLetterQueue, { noAck: true }), {
      what: "the message in the dead-letter queue",
    });
    expect(dead.bodyString()).toBe("work");
    expect(deliveries).toBe(4); // the first delivery and three returns
    await client.close();
    await remove();
  });
});
