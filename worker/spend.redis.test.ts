import { expect, test } from "bun:test";
import { spendTokens } from "../shared/budget.ts";
import { openRedis } from "../shared/clients/redis.ts";
import { systemClock as clock } from "../shared/clock.ts";
import type { UserId } from "../shared/contract/ids.ts";
import { createLog } from "../shared/log.ts";
import { describeWith, startRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { createSpend } from "./spend.ts";

describeWith("redis")("what models used", () => {
  test("is counted once, and what Redis did not take goes along with the next", async () => {
    const server = await startRedis();
    const log = createLog(() => {});
    const redis = openRedis(server.url, "test", "request", log);
    await until(() => redis.status === "ready");
    const spend = createSpend({ redis, clock, log });
    const user = crypto.randomUUID() as UserId;
    const spent = () => spendTokens(redis, user, 0, Date.now());
    await Promise.all([spend(user, 10), spend(user, 20), spend(user, 0)]);
    expect(await spent()).toEqual({ user: 30, total: 30 });
    await server.crash();
    await until(() => redis.status !== "ready");
    await spend(user, 5);
    await server.restart();
    await until(() => redis.status === "ready");
    await spend(user, 7);
    expect((await spent()).user).toBe(12); // this Redis forgot what it had
    redis.disconnect();
    await server.stop();
  });
});
