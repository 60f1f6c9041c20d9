import { afterAll, beforeAll } from "bun:test";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { startRedis, type TestRedis } from "../../shared/testing/services.ts";
import { holdLeases, type Leases } from "../leases.ts";
import { quiet } from "./jobs.ts";

/** For `describe`: a Redis, and workers' leases on it that end with the tests. */
export function leaseRig() {
  let server: TestRedis;
  let redis: ScriptedRedis;
  let subscriber: ScriptedRedis;
  const leases: Leases[] = [];
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-rig", "store", quiet);
    subscriber = openRedis(server.url, "test-rig-news", "subscriber", quiet);
    subscriber.setMaxListeners(100); // a listener for each run of a test file
  });
  afterAll(async () => {
    for (const held of leases) await held.close();
    await closeRedis(redis);
    await closeRedis(subscriber);
    await server.stop();
  });
  return {
    get redis() {
      return redis;
    },
    hold(worker: string, renewMs = 40): Leases {
      const held = holdLeases({ redis, subscriber, worker, log: quiet, renewMs });
      leases.push(held);
      return held;
    },
  };
}
