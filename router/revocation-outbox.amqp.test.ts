import { afterAll, expect, test } from "bun:test";
import { openBroker } from "../shared/clients/amqp.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { keys } from "../shared/keys.ts";
import { describeWith, startRedis, testTopology } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { createHeart } from "./loop.ts";
import { drainRevocations } from "./revocation-outbox.ts";
import { closers, connect, quiet } from "./test-rig.ts";

describeWith("redis", "rabbitmq")("the outbox of revocations", async () => {
  const [server, topology] = await Promise.all([startRedis(), testTopology()]);
  const opened = closers();
  const names = topology.topology;
  afterAll(async () => {
    await opened.closeAll();
    await Promise.all([server.stop(), topology.remove()]);
  });
  const store = connect(server.url, "store", opened);
  const event = (jti: string, expires_at = "2999-01-01T00:00:00.000Z") =>
    JSON.stringify({ type: "add", jti, expires_at });
  const lists = () =>
    Promise.all([keys.revocationOutbox, keys.revocationOutboxTaken].map((key) => store.llen(key)));

  test("reaches listeners in order, once the broker takes it; nothing is lost on the way", async () => {
    // one was taken by a replica that ended, two wait; one cannot be read and one has ended by itself
    await store.lpush(keys.revocationOutboxTaken, event("1"));
    await store.lpush(
      keys.revocationOutbox,
      event("2"),
      "{",
      event("over", "2001-01-01T00:00:00Z"),
    );
    await store.lpush(keys.revocationOutbox, event("3"));
    const heard: unknown[] = [];
    const away = { isUp: () => false, blocked: () => undefined, channel: () => never() };
    const never = (): never => {
      throw new Error("the broker is away");
    };
    const broker = openBroker({
      url: topology.url,
      name: "test",
      names,
      log: quiet,
      onChannel: async (channel) => {
        const { name } = await channel.queueDeclare("", { exclusive: true, autoDelete: true });
        await channel.queueBind(name, names.revocationExchange, "");
        await channel.basicConsume(name, { noAck: true }, (message) => {
          heard.push((JSON.parse(message.bodyString() ?? "") as { jti: string }).jti);
        });
      },
    });
    opened.add(broker, (one) => one.close());
    await broker.started;
    const leases = { isOurs: () => true } as unknown as Parameters<
      typeof drainRevocations
    >[0]["leases"];
    const common = { store, names, leases, heart: createHeart(clock), clock, log: quiet };
    const first = new AbortController();
    const without = { ...broker, ...away };
    const failing = drainRevocations({ ...common, broker: without }, first.signal);
    await until(async () => (await lists())[1] === 0);
    first.abort();
    await failing;
    expect(await lists()).toEqual([5, 0]); // all are back where they were
    const stop = opened.add(new AbortController(), (one) => one.abort());
    const draining = drainRevocations({ ...common, broker }, stop.signal);
    await until(() => heard.length === 3);
    await until(async () => (await lists()).every((length) => length === 0));
    expect(heard).toEqual(["1", "2", "3"]);
    expect(await store.lrange(keys.revocationOutboxDead, 0, -1)).toEqual(["{"]);
    stop.abort();
    await draining;
  });
});
