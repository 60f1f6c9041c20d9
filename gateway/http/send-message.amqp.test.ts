import { AMQPClient } from "@cloudamqp/amqp-client";
import { afterAll, expect, test } from "bun:test";
import * as v from "valibot";
import { UserId } from "../../shared/contract/ids.ts";
import { JobEnvelope } from "../../shared/contract/job.ts";
import { keys } from "../../shared/keys.ts";
import { bound } from "../../shared/testing/bound.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";
import { TestJob } from "../testing/test-job.ts";

const base = "/api/v1/chat";
interface Sent {
  job_id: string;
  position?: number;
  code?: string;
}

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("a message", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis({ aof: true }),
    testDatabase(),
    testTopology(),
  ]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, queue });
  const noBroker = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  const client = new AMQPClient(queue.url, undefined, null);
  await client.connect();
  const channel = await client.channel();
  await use.deps.broker?.started;
  afterAll(async () => {
    await client.close();
    await Promise.all([use.close(), noBroker.close()]);
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });
  const user = crypto.randomUUID();
  const newChat = async () =>
    ((await (await use.send("POST", base, { user })).json()) as { id: string }).id;
  const send = async (
    chat: string,
    body: object,
    headers: Record<string, string> = {},
    to = use,
  ): Promise<Sent & { status: number }> => {
    const answer = await to.send("POST", `${base}/${chat}/messages`, { user, body, headers });
    return { ...((await answer.json()) as Sent), status: answer.status };
  };
  /** Everything in the outbox, as text. */
  const outbox = async () => JSON.stringify(await use.deps.redis.xrange(keys.outbox, "-", "+"));

  test("is in the queue when its sender is told so", async () => {
    const chat = await newChat();
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const body = { message: "종이 버리는 법", model: "nobody-knows-1", image_url: null, more: 1 };
    const sent = await send(chat, body, { traceparent });
    expect(sent).toMatchObject({ status: 200, stream_url: `${base}/${sent.job_id}/events` });
    const envelope = await until(
      async () => {
        const message = await channel.basicGet(queue.topology.queue, { noAck: true });
        const read = message && v.parse(JobEnvelope, JSON.parse(message.bodyString() ?? ""));
        return read?.task_id === sent.job_id ? read : undefined;
      },
      { what: "the job in the queue" },
    );
    expect(envelope).toMatchObject({
      task_id: sent.job_id,
      labels: { traceparent },
      kwargs: { session_id: chat, user_id: user, message: body.message, model: body.model },
    });
    await until(async () => !(await outbox()).includes(sent.job_id), { what: "no outbox entry" });
    expect(await send(chat, { message: "하나 더" })).toMatchObject({ status: 200, position: 1 });
  });

  test("waits in the outbox while the broker is away", async () => {
    const chat = await newChat();
    const startedAt = performance.now();
    const sent = await send(chat, { message: "안녕" }, {}, noBroker);
    expect(sent.status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(bound(2000));
    expect(await outbox()).toContain(sent.job_id);
  });

  test("that no queue takes, though the broker confirms it, waits in the outbox", async () => {
    const own = await testTopology();
    const { exchange, queue: name, routingKey } = own.topology;
    const there = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, queue: own });
    await there.deps.broker?.started;
    await channel.queueUnbind(name, exchange, routingKey);
    const sent = await send(await newChat(), { message: "어디로?" }, {}, there);
    expect(sent.status).toBe(200);
    expect(await outbox()).toContain(sent.job_id);
    await there.close();
    await own.remove();
  });

  test("with the same key is one job, also ten at once; another body is refused", async () => {
    const chat = await newChat();
    const headers = { "idempotency-key": "only-once" };
    const all = await Promise.all(
      Array.from({ length: 10 }, () =>
        send(chat, { message: "한 번만", double_texting: "interrupt" }, headers),
      ),
    );
    expect(new Set(all.map(({ status, job_id }) => `${status} ${job_id}`)).size).toBe(1);
    expect(await use.deps.redis.llen(keys.turns(chat as never))).toBe(1);
    const ttl = await use.deps.redis.ttl(keys.idempotency(v.parse(UserId, user), "only-once"));
    expect(ttl).toBeGreaterThan(86_400 - 60);
    const other = await send(chat, { message: "다른 글" }, headers);
    expect(other).toMatchObject({ status: 422, code: "IDEMPOTENCY_CONFLICT" });
  });

  test("to a busy chat is refused or interrupts, as asked", async () => {
    const chat = await newChat();
    const first = await send(chat, { message: "긴 질문" });
    const busy = await send(chat, { message: "또", double_texting: "reject" });
    expect(busy).toMatchObject({ status: 409, code: "CHAT_BUSY" });
    const job = new TestJob(use.deps.redis, first.job_id, chat);
    await job.take();
    await job.tokens("반쯤 ", "쓴");
    const next = await send(chat, { message: "됐고", double_texting: "interrupt" });
    expect(next).toMatchObject({ status: 200 });
    expect(next.position).toBeUndefined();
    const done = JSON.parse((await use.deps.redis.get(keys.state(job.jobId))) ?? "");
    expect(done).toMatchObject({ status: "cancelled", result: { answer: "반쯤 쓴", tokens: 2 } });
  });

  test("can be cancelled, and asked again gives the same receipt", async () => {
    const chat = await newChat();
    const sent = await send(chat, { message: "멈춰" });
    const job = new TestJob(use.deps.redis, sent.job_id, chat);
    await job.take();
    await job.tokens("하", "나");
    const cancel = async () => {
      const answer = await use.send("POST", `${base}/${sent.job_id}/cancel`, { user });
      return { code: answer.status, ...((await answer.json()) as object) };
    };
    const receipt = await cancel();
    const last = (await job.log()).at(-1);
    expect(receipt as object).toEqual({
      code: 202,
      status: "cancelling",
      job_id: sent.job_id,
      last_event_id: last?.id,
      tokens: 2,
    });
    expect(await cancel()).toEqual(receipt);
    const status = await use.send("GET", `${base}/${sent.job_id}/status`, { user });
    expect(await status.json()).toMatchObject({ status: "cancelled", error: "CANCELLED" });
  });

  test("is taken while PostgreSQL is away, if its chat is known", async () => {
    const own = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, queue });
    const chat = await newChat();
    await own.deps.sql.end({ timeout: 1 });
    expect(await send(chat, { message: "그래도" }, {}, own)).toMatchObject({ status: 200 });
    await own.close();
  });

  test("that the store could not take in time is refused, and runs never", async () => {
    const chat = await newChat();
    const { pid } = redis;
    process.kill(pid, "SIGSTOP");
    const refused = await send(chat, { message: "너무 늦은" });
    process.kill(pid, "SIGCONT");
    expect(refused).toMatchObject({ status: 503, code: "JOB_SUBMIT_FAILED" });
    // the owner is known, the store freezes afterwards: the accept is on its way
    const key = { "idempotency-key": "frozen" };
    const original = use.deps.redis.hmget.bind(use.deps.redis);
    use.deps.redis.hmget = (async (...args: Parameters<typeof original>) => {
      const reply = await original(...args);
      process.kill(pid, "SIGSTOP");
      return reply;
    }) as never;
    const late = await send(chat, { message: "너무 늦은" }, key);
    use.deps.redis.hmget = original as never;
    process.kill(pid, "SIGCONT");
    expect(late).toMatchObject({ status: 503, code: "JOB_SUBMIT_FAILED" });
    await until(async () => !(await outbox()).includes("너무 늦은"), { what: "it is withdrawn" });
    expect(await use.deps.redis.llen(keys.turns(chat as never))).toBe(0);
    expect(await send(chat, { message: "너무 늦은" }, key)).toMatchObject({ status: 200 });
    await redis.crash();
    const startedAt = performance.now();
    const away = await send(chat, { message: "없는 저장소" });
    expect(away).toMatchObject({ status: 503, code: "JOB_SUBMIT_FAILED" });
    expect(performance.now() - startedAt).toBeLessThan(bound(3000));
    await redis.restart();
    const isTaken = async () => (await send(chat, { message: "다시" })).status === 200;
    await until(isTaken, { what: "messages taken again" });
  });
});
