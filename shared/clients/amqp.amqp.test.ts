import { afterAll, beforeAll, expect, test } from "bun:test";
import { createLog } from "../log.ts";
import { describeWith, testTopology } from "../testing/services.ts";
import { type Broker, openBroker, publishConfirmed } from "./amqp.ts";

describeWith("rabbitmq")("a connection to the broker", () => {
  const log = createLog(() => {});
  let names: Awaited<ReturnType<typeof testTopology>>;
  beforeAll(async () => {
    names = await testTopology();
  });
  afterAll(() => names.remove());
  const open = (missing: Partial<typeof names.topology> = {}): Broker =>
    openBroker({ url: names.url, name: "test", names: { ...names.topology, ...missing }, log });

  test.each(["exchange", "queue", "deadLetterExchange", "deadLetterQueue"] as const)(
    "refuses to start where the %s is missing",
    async (what) => {
      const broker = open({ [what]: `test.nowhere.${crypto.randomUUID()}` });
      const said = await broker.started.catch((cause: { code: string }) => cause.code);
      expect(said).toBe("START_CHECK_FAILED");
      await broker.close();
    },
  );

  test("a message that no queue takes is refused, though the broker confirms it", async () => {
    const broker = open();
    await broker.started;
    const { exchange, routingKey } = names.topology;
    const publish = (key: string) => publishConfirmed(broker, exchange, key, "{}", key, {});
    const said = await publish("nowhere").catch((cause: { code: string }) => cause.code);
    expect(said).toBe("UNAVAILABLE");
    await publish(routingKey); // the next one is
    await broker.close();
  });
});
