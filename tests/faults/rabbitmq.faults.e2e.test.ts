import { AMQPClient } from "@cloudamqp/amqp-client";
import { expect, test } from "bun:test";
import { topology } from "../../shared/contract/topology.ts";
import { until } from "../../shared/testing/until.ts";
import { Client, resultOf } from "../client.ts";
import { freeze } from "./freeze.ts";
import { ending } from "./person.ts";
import type { Rig } from "./rig.ts";
import { onRedis, restart, turnUnready } from "./stores.ts";
import { underLoad } from "./suite.ts";
import { StreamCheck } from "./verify.ts";
import { bound } from "../../shared/testing/bound.ts";

const suite = underLoad();

/** Sends three messages to each of some chats, one after the other; all must be taken at once. */
async function sendInto(rig: Rig, chats: number) {
  const sent = Array.from({ length: chats }, async (_, i) => {
    const base_url = rig.baseUrls[i % rig.baseUrls.length] ?? "";
    const client = new Client({ ...rig.jwt, base_url });
    const chat = await client.createChat();
    const jobs: string[] = [];
    for (const message of ["첫째", "둘째", "셋째"]) {
      const askedAt = performance.now();
      jobs.push(await client.send(chat, message));
      expect(performance.now() - askedAt).toBeLessThan(bound(2500));
    }
    return { client, chat, jobs };
  });
  return Promise.all(sent);
}

/** Every job ended well, once, and those of a chat in the order they were sent. Returns the most tries of one. */
async function ranOnceInOrder(sent: Awaited<ReturnType<typeof sendInto>>): Promise<number> {
  let tries = 0;
  const all = sent.map(async ({ client, chat, jobs }) => {
    const ends: string[] = [];
    const reads = jobs.map(async (job) => {
      const check = new StreamCheck(job);
      expect(await ending(client, check)).toBe("completed");
      ends.push(job);
      const metadata = resultOf(check.done)["metadata"] as Record<string, unknown>;
      tries = Math.max(tries, Number(metadata["attempt"]));
    });
    await Promise.all(reads);
    expect(ends).toEqual(jobs);
    const history = await client.json<{ messages: { role: string; content: string }[] }>(
      `/api/v1/chat/${chat}`,
    );
    const asked = history.messages.filter((one) => one.role === "user");
    expect(asked.map((one) => one.content)).toEqual(["첫째", "둘째", "셋째"]);
    expect(history.messages).toHaveLength(6);
  });
  await Promise.all(all);
  return tries;
}

test("away for 10 s: messages are taken, run once afterwards, in order per chat", async () => {
  let sent: Awaited<ReturnType<typeof sendInto>> = [];
  const before = suite.load.posts.get(503) ?? 0;
  await suite.breaks(async (rig) => {
    await restart(rig, "rabbitmq", 8000, async () => {
      await turnUnready(rig, ["worker-1", "worker-2"]);
      sent = await sendInto(rig, 4);
    });
    expect(await ranOnceInOrder(sent)).toBe(1);
  });
  expect(suite.load.posts.get(503) ?? 0).toBe(before);
});

test("killed and restarted at once", async () => {
  const { slowestMs, causeMs } = await suite.breaks((rig) => restart(rig, "rabbitmq", 0));
  // how long a broker takes to start is its own; after that everybody moves
  expect(slowestMs - causeMs).toBeLessThan(bound(5000));
});

test.each([
  {
    name: "memory",
    on: ["set_vm_memory_high_watermark", "absolute", "1MB"],
    off: ["set_vm_memory_high_watermark", "absolute", "400MB"],
  },
  {
    name: "disk",
    on: ["set_disk_free_limit", "10000GB"],
    off: ["set_disk_free_limit", "50MB"],
  },
])("a $name alarm blocks publishers: messages wait in the outbox", async ({ on, off }) => {
  let sent: Awaited<ReturnType<typeof sendInto>> = [];
  await suite.breaks(async (rig) => {
    await rig.rabbitmqctl(...on);
    try {
      sent = await sendInto(rig, 4);
    } finally {
      await rig.rabbitmqctl(...off);
    }
    expect(await ranOnceInOrder(sent)).toBe(1);
  });
});

test("every connection closed: jobs are delivered again, and answered once", async () => {
  const { slowestMs } = await suite.breaks((rig) =>
    rig.rabbitmqctl("close_all_connections", "chaos"),
  );
  expect(slowestMs).toBeLessThan(bound(10_000));
});

test("every connection closed, then every worker killed: no message is forgotten", async () => {
  const { slowestMs } = await suite.breaks(async (rig) => {
    await rig.rabbitmqctl("close_all_connections", "chaos");
    await Bun.sleep(1300); // messages went from worker to worker and back, their attempts still run
    for (const name of ["worker-1", "worker-2"]) rig.kill(name);
  });
  expect(slowestMs).toBeLessThan(bound(15_000)); // a lease, and 5 s
});

test("frozen for 6 s: messages are taken and run afterwards", async () => {
  let sent: Awaited<ReturnType<typeof sendInto>> = [];
  await suite.breaks(async (rig) => {
    await freeze(rig, "rabbitmq", 3000, async () => {
      sent = await sendInto(rig, 2);
    });
    // what it had delivered and heard nothing of may be delivered again
    expect(await ranOnceInOrder(sent)).toBeLessThanOrEqual(2);
  });
});

test("unreadable messages are dead letters at once, and delay nobody", async () => {
  const count = 50;
  const { slowestMs } = await suite.breaks(async (rig) => {
    const broker = new AMQPClient(rig.urls.rabbitmq, undefined, null);
    await broker.connect();
    const channel = await broker.channel();
    await channel.confirmSelect();
    for (let i = 0; i < count; i++) {
      const body = i % 2 === 0 ? "not json" : JSON.stringify({ task_name: "chat.process" });
      await channel.basicPublish(topology.exchange, topology.routingKey, body, {}, true);
    }
    await broker.close();
    await onRedis(rig.urls.redis_streams, (redis) =>
      until(async () => (await redis.xlen("chat:dead-letters")) >= count, {
        what: "the letters to be kept",
      }),
    );
  });
  expect(slowestMs).toBeLessThan(bound(1000));
});
