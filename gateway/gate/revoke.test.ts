import { expect, test } from "bun:test";
import { UserId } from "../../shared/contract/ids.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { topology } from "../../shared/contract/topology.ts";
import { keys } from "../../shared/keys.ts";
import { wait } from "../../shared/limits.ts";
import * as v from "valibot";
import { revoke } from "./revoke.ts";

test("nobody waits for a broker that says nothing: the outbox gets it", async () => {
  const outbox: string[] = [];
  const silent = { basicPublish: () => new Promise(() => {}) };
  const deps = {
    redis: {
      status: "ready",
      lpush: async (key: string, body: string) => outbox.push(`${key} ${body}`),
    },
    revocations: { add: () => {}, write: async () => {}, writeLater: () => {} },
    broker: { isUp: () => true, blocked: () => undefined, channel: () => silent },
    queueNames: topology,
    clock,
  } as unknown as Parameters<typeof revoke>[0];
  const userId = v.parse(UserId, crypto.randomUUID());
  const startedAt = performance.now();
  await revoke(deps, { jti: "a", userId, exp: 2_000_000_000 }, "logout");
  expect(performance.now() - startedAt).toBeLessThan(wait.confirmMs - 200);
  expect(outbox).toEqual([
    expect.stringContaining(`${keys.revocationOutbox} {"type":"add","jti":"a"`),
  ]);
});
