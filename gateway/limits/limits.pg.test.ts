import { afterAll, beforeEach, expect, test } from "bun:test";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";
import { TestJob, testUser } from "../testing/test-job.ts";

const base = "/api/v1/chat";
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describeWith("redis", "postgres")("limits", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const few = { messagesPerMinute: 6, jobsAtOnce: 3, streamsAtOnce: 2, streamOpensPerSecond: 4 };
  const apps = [openTestApp({ ...stores, limits: few }), openTestApp({ ...stores, limits: few })];
  afterAll(async () => {
    for (const app of apps) await app.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  const [one, two] = apps as [(typeof apps)[number], (typeof apps)[number]];

  await until(() => apps.every(({ deps }) => deps.pubsub.status === "ready")); // or each counts alone
  beforeEach(() => one.deps.pubsub.flushall());

  const newChat = async (app: (typeof apps)[number], user: string) => {
    const made = await app.send("POST", base, { user });
    return `${base}/${((await made.json()) as { id: string }).id}/messages`;
  };
  const body = { message: "안녕" };

  test("jobs at once count over all gateways, and an ended one frees its place", async () => {
    const user = crypto.randomUUID();
    const path = await newChat(one, user);
    const sent = [];
    for (const app of [one, two, one, two]) sent.push(await app.send("POST", path, { user, body }));
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(await codeOf(sent[3] as Response)).toBe("RATE_LIMITED");
    expect(Number(sent[3]?.headers.get("retry-after"))).toBeGreaterThan(0);
    const { job_id } = (await (sent[0] as Response).json()) as { job_id: string };
    expect((await two.send("POST", `${base}/${job_id}/cancel`, { user })).status).toBe(202);
    expect((await one.send("POST", path, { user, body })).status).toBe(200);
  });

  test("messages per minute: refused with the time to wait, whatever the request claims", async () => {
    const user = crypto.randomUUID();
    const path = await newChat(one, user);
    const post = (n: number) =>
      one.send("POST", path, {
        user,
        body: { message: " " }, // refused later, counted all the same
        headers: { "x-forwarded-for": `198.51.100.${n}`, "x-user-id": crypto.randomUUID() },
      });
    const answers = [];
    for (let n = 0; n < 8; n++) answers.push(await post(n));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400, 429, 429]);
    expect(answers[0]?.headers.get("ratelimit-policy")).toBe('"messages";q=6;w=60');
    expect(answers[0]?.headers.get("ratelimit")).toBe('"messages";r=5;t=0');
    expect(answers[7]?.headers.get("ratelimit")).toMatch(/^"messages";r=0;t=\d+$/);
    expect(Number(answers[7]?.headers.get("retry-after"))).toBeWithin(8, 12);
    const neighbour = crypto.randomUUID();
    const other = await one.send("POST", await newChat(two, neighbour), { user: neighbour, body });
    expect(other.status).toBe(200);
  });

  test("a reader that comes back without pause is held; its neighbour opens at once", async () => {
    const job = new TestJob(one.deps.redis);
    await job.accept();
    const path = `${base}/${job.jobId}/events`;
    const statuses = new Map<number, number>();
    for (let n = 0; n < 50; n++) {
      const { status, body: stream } = await one.send("GET", path, { user: testUser });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 200) await stream?.cancel();
    }
    expect(statuses.get(429)).toBeGreaterThan(20);
    expect(statuses.get(200)).toBeWithin(2, 30);
    expect(statuses.size).toBe(2);
    const neighbour = crypto.randomUUID();
    expect((await one.send("GET", path, { user: neighbour })).status).toBe(404);
    await until(() => one.deps.limits.slots.size === 0);
  });

  test("streams at once count over all gateways, and a closed one frees its place", async () => {
    const user = testUser;
    const job = new TestJob(one.deps.redis);
    await job.accept();
    const open = (app: (typeof apps)[number]) =>
      app.send("GET", `${base}/${job.jobId}/events`, { user });
    const first = await open(one);
    const second = await open(two);
    const third = await open(one);
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    expect(third.headers.get("retry-after")).toBe("5");
    await first.body?.cancel();
    await until(async () => {
      await Bun.sleep(300); // an open is counted, also one that is refused
      const again = await open(one);
      await again.body?.cancel();
      return again.status === 200;
    });
    await second.body?.cancel();
    await until(() => one.deps.limits.slots.size + two.deps.limits.slots.size === 0);
  });

  test("without Redis-P a process counts alone, at once", async () => {
    const other = await startRedis();
    const alone = openTestApp({ ...stores, limits: few, pubsubUrl: other.url });
    await other.crash();
    const user = crypto.randomUUID();
    const path = await newChat(alone, user);
    const startedAt = performance.now();
    const statuses = [];
    for (let n = 0; n < 8; n++) {
      statuses.push((await alone.send("POST", path, { user, body: { message: " " } })).status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 429, 429]);
    expect(performance.now() - startedAt).toBeLessThan(bound(500));
    await alone.close();
    await other.stop();
  });
});
