import { afterAll, beforeEach, expect, test } from "bun:test";
import { secondsToNextDay, spendTokens } from "../../shared/budget.ts";
import { openRedis } from "../../shared/clients/redis.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { createLog } from "../../shared/log.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";
import { createBudget } from "./budget.ts";

const base = "/api/v1/chat";
const rules = { userTokensPerDay: 1000, totalTokensPerDay: 5000 };
const newUser = () => crypto.randomUUID() as UserId;

test.each([
  ["2026-11-21T00:00:00Z", 15 * 3600],
  ["2026-11-21T14:59:59Z", 1],
  ["2026-11-21T15:00:00Z", 86_400],
])("at %s a day in Seoul has %i seconds left", (at, seconds) => {
  expect(secondsToNextDay(Date.parse(at))).toBe(seconds);
});

describeWith("redis", "postgres")("the daily budget", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const use = openTestApp({ ...stores, budget: rules });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  await until(() => use.deps.redis.status === "ready");
  beforeEach(() => use.deps.redis.flushall());
  const spend = (user: UserId, tokens: number) =>
    spendTokens(use.deps.redis, user, tokens, Date.now());
  const newChat = async (user: string) => {
    const made = await use.send("POST", base, { user });
    return `${base}/${((await made.json()) as { id: string }).id}/messages`;
  };
  const say = async (user: string, path: string, more = {}, headers = {}) =>
    use.send("POST", path, { user, body: { message: "안녕", ...more }, headers });

  test("refuses whose day is used up until midnight in Seoul, and nobody else", async () => {
    const user = newUser();
    const path = await newChat(user);
    const key = { "idempotency-key": "once" };
    await spend(user, 999);
    const first = await say(user, path, {}, key);
    expect(first.status).toBe(200);
    expect(await spend(user, 1)).toMatchObject({ user: 1000 });
    const over = await say(user, path);
    expect([over.status, await over.json()]).toEqual([
      429,
      expect.objectContaining({ code: "BUDGET_EXHAUSTED" }),
    ]);
    const wait = Number(over.headers.get("retry-after"));
    expect(Math.abs(wait - secondsToNextDay(Date.now()))).toBeLessThanOrEqual(1);
    expect((await say(user, path, { model: "local" })).status).toBe(200); // costs nothing
    expect(await (await say(user, path, {}, key)).json()).toEqual(await first.json()); // the same job
    const neighbour = newUser();
    expect((await say(neighbour, await newChat(neighbour))).status).toBe(200);
  });

  test("refuses everybody once all have used up the total", async () => {
    const rich = newUser();
    const path = await newChat(rich);
    await spend(newUser(), rules.totalTokensPerDay);
    expect((await say(rich, path)).status).toBe(429);
    const generous = openTestApp({ ...stores }); // no budget: never asked
    const chat = `${base}/${((await (await generous.send("POST", base, { user: rich })).json()) as { id: string }).id}`;
    const body = { message: "a" };
    expect((await generous.send("POST", `${chat}/messages`, { user: rich, body })).status).toBe(
      200,
    );
    await generous.close();
  });

  test("without Redis those stay out of whom it was known; all others pass, at once", async () => {
    const own = await startRedis();
    const store = openRedis(
      own.url,
      "test",
      "request",
      createLog(() => {}),
    );
    await until(() => store.status === "ready");
    const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
    const budget = createBudget({ redis: store, clock, rules });
    const [spender, other] = [newUser(), newUser()];
    await spendTokens(store, spender, 1000, Date.now());
    expect(budget.check(spender)).rejects.toMatchObject({ code: "BUDGET_EXHAUSTED" });
    await own.crash();
    const startedAt = performance.now();
    expect(budget.check(spender)).rejects.toMatchObject({ code: "BUDGET_EXHAUSTED" });
    await budget.check(other);
    expect(performance.now() - startedAt).toBeLessThan(bound(500));
    store.disconnect();
    await own.stop();
  });
});
