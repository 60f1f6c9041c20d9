import { expect, test } from "bun:test";
import type { AMQPMessage } from "@cloudamqp/amqp-client";
import { systemClock as clock } from "../shared/clock.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { until } from "../shared/testing/until.ts";
import { keepEndings } from "./kept-endings.ts";
import { quiet } from "./testing/jobs.ts";

const job = (n: number) => `job-${n}` as JobId;

function start(over: Partial<Parameters<typeof keepEndings>[0]> = {}) {
  const acknowledged: number[] = [];
  const again: number[] = [];
  const endings = keepEndings({
    clock,
    log: quiet,
    isKnown: () => Promise.resolve(true),
    isStored: () => Promise.resolve(false),
    acknowledge: async (message) => void acknowledged.push(message.deliveryTag),
    ...over,
  });
  const keep = (n: number, closed = false) => {
    const message = { deliveryTag: n, channel: { closed } } as AMQPMessage;
    endings.keep(message, job(n), () => again.push(n));
  };
  return { endings, keep, acknowledged, again };
}

test("one more than the most acknowledges the oldest", async () => {
  const { endings, keep, acknowledged } = start({ keptMs: 60_000, keptMost: 2 });
  for (const n of [1, 2, 3, 4]) keep(n);
  await until(() => acknowledged.length === 2);
  expect(acknowledged).toEqual([1, 2]);
  await endings.close();
  expect(acknowledged).toEqual([1, 2, 3, 4]);
});

test("a message whose channel is gone is the broker's", async () => {
  const { endings, keep, acknowledged, again } = start({
    keptMs: 0,
    isKnown: () => Promise.resolve(false),
  });
  keep(1, true);
  keep(2);
  await until(() => again.length > 0);
  expect({ acknowledged, again }).toEqual({ acknowledged: [], again: [2] });
  await endings.close();
});

test("while the database cannot say whether it was stored, it was not", async () => {
  const { endings, keep, acknowledged, again } = start({
    keptMs: 0,
    isKnown: () => Promise.resolve(false),
    isStored: () => Promise.reject(new Error("away")),
  });
  keep(1);
  await until(() => again.length === 1);
  expect(acknowledged).toEqual([]);
  await endings.close();
});
