import { afterAll, beforeAll, expect, test } from "bun:test";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../shared/testing/until.ts";
import { Client, resultOf } from "../client.ts";
import { type RunningStack, startStack } from "../stack.ts";
import { startOtlpReceiver } from "./otlp-receiver.ts";

const receiver = startOtlpReceiver();
let stack: RunningStack;
let client: Client;

beforeAll(async () => {
  stack = await startStack([], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_TRACES_SAMPLER: "parentbased_always_off", // only who asks is traced
    LOG_LEVEL: "debug",
  });
  client = new Client(stack.file());
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await receiver.stop();
}, 60_000);

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const asked = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

/** Everything the fleet wrote, line by line. */
function logLines(): string[] {
  const folder = join(stack.directory, ".stack", "logs");
  return readdirSync(folder)
    .filter((file) => /^(gateway|router|worker-\d+)\.log/.test(file))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
    .filter((line) => line !== "");
}

test("one message is one connected trace through gateway, worker and router, linked to its reader", async () => {
  const chat = await client.createChat();
  const { job_id: job } = await client.post<{ job_id: string }>(
    `/api/v1/chat/${chat}/messages`,
    { message: "종이 버리는 법이랑 수거함도 알려줘" },
    asked,
  );
  const reading = await client.read(job);
  expect(reading.done?.data["status"]).toBe("completed");

  const own = () => receiver.spans.filter((span) => span.traceId === traceId);
  const linked = () =>
    receiver.spans.filter(({ links }) => links.some((link) => link.traceId === traceId));
  // every parent is there: the caller's, or one of ours (each process sends by itself, a moment later)
  const orphans = () => {
    const ids = new Set(["00f067aa0ba902b7", ...own().map(({ spanId }) => spanId)]);
    return own().filter(({ parentSpanId = "" }) => !ids.has(parentSpanId));
  };
  /** Spans of the router that a reader's span links to, and that have not come yet. */
  const ofRouter = () =>
    new Set(own().flatMap((span) => (span.service === "chat-router-all" ? [span.spanId] : [])));
  const awaited = () =>
    linked().flatMap(({ links }) => links.filter(({ spanId }) => !ofRouter().has(spanId)));
  await until(
    () =>
      orphans().length === 0 &&
      awaited().length === 0 &&
      own().some(({ name }) => name === "event_router.process.done") &&
      own().some(({ name }) => name === "chat.process") &&
      linked().some(({ name }) => name === "sse_gateway.distribute.done"),
    { what: "the whole trace" },
  );
  const spans = own();
  expect(new Set(spans.map(({ service }) => service))).toEqual(
    new Set(["chat-gateway-all", "chat-worker", "chat-router-all"]),
  );
  const names = spans.map(({ name }) => name);
  for (const name of [
    "POST /api/v1/chat/:chat_id/messages",
    "chat.process",
    "node:intent",
    "node:waste_rag",
    "node:collection_point",
    "node:answer",
    "event_router.process.intent",
    "event_router.process.token",
  ]) {
    expect(names).toContain(name);
  }
  const node = spans.find(({ name }) => name === "node:waste_rag");
  expect(Object.fromEntries(node?.attributes ?? [])).toMatchObject({
    "node.name": "waste_rag",
    "node.policy.fail_mode": "fallback",
    "node.status": "completed",
    job_id: job,
    intent: "waste",
  });
  // readers come and go by themselves: linked, in traces of their own
  for (const span of linked()) expect(span.traceId).not.toBe(traceId);
  expect(logLines().some((line) => line.includes(`"trace.id":"${traceId}"`))).toBe(true);

  // nothing of it is for a browser
  const late = await client.read(job);
  const [status, history] = await Promise.all([
    client.json(`/api/v1/chat/${job}/status`),
    client.json(`/api/v1/chat/${chat}`),
  ]);
  for (const seen of [reading.frames, late.frames, status, history]) {
    expect(JSON.stringify(seen)).not.toContain(traceId);
    expect(JSON.stringify(seen)).not.toMatch(/traceparent|"trace"/);
  }
});

test("what nobody asked to be traced is not", async () => {
  await client.read(await client.send(await client.createChat(), "안녕"));
  await Bun.sleep(500); // longer than a span takes to come
  const isAsked = ({ traceId: id, links }: (typeof receiver.spans)[number]) =>
    id === traceId || links.some((link) => link.traceId === traceId);
  expect(receiver.spans.filter((span) => !isAsked(span))).toEqual([]);
});

test("no secret, token, text or place gets into a log or a trace", async () => {
  const canary = "카나리아";
  const [latitude, longitude] = [37.4283951, 126.7719348];
  const { jwt_secret, services } = stack.file();
  const chat = (
    await client.post<{ id: string }>("/api/v1/chat", { title: `${canary} 제목` }, asked)
  ).id;
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    client.fetch(`/api/v1/chat/${chat}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", ...asked, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const sent = await send({
    message: `${canary} 페트병이랑 근처 수거함 알려줘`,
    image_url: `https://images.example/${encodeURIComponent(canary)}.png?sig=${canary}`,
    user_location: { latitude, longitude },
  });
  expect(sent.status).toBe(200);
  const { job_id: job } = (await sent.json()) as { job_id: string };
  const reading = await client.read(job);
  expect(String(resultOf(reading.done)["answer"]).length).toBeGreaterThan(0);

  // everything that is refused, on its way past every parser
  await send(`{"message": "${canary}`);
  await send({ message: { text: canary }, user_location: { latitude: 91, longitude: canary } });
  await send({ message: `${canary}\u0000` });
  await send({ message: canary }, { "idempotency-key": encodeURIComponent(canary).repeat(9) });
  const badToken = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(canary).toString("base64url")}.c2ln`;
  await fetch(`${stack.file().base_url}/api/v1/chat`, {
    headers: { authorization: `Bearer ${badToken}` },
  });
  await client.fetch(`/api/v1/chat/${encodeURIComponent(canary)}/events?token=${badToken}`);

  // and messages nobody understands
  const amqp = new AMQPClient(services.rabbitmq.url, undefined, null);
  await amqp.connect();
  const channel = await amqp.channel();
  for (const body of [
    `${canary} no json`,
    JSON.stringify({ task_id: crypto.randomUUID(), kwargs: { message: canary, latitude } }),
  ]) {
    await channel.basicPublish("chat_tasks", "chat.process", body);
  }
  await amqp.close();
  await until(() => logLines().filter((line) => line.includes("dead letter settled")).length >= 2, {
    what: "two dead letters",
  });
  // a store that hangs and a process that dies make every client speak
  const { pid } = services.redis_streams;
  process.kill(pid, "SIGSTOP");
  try {
    expect((await send({ message: canary })).status).toBe(503);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  process.kill(stack.file().pids.router, "SIGKILL");
  await Bun.sleep(1500);

  const secrets = [jwt_secret, badToken];
  for (const { url } of Object.values(services)) {
    const { password } = new URL(url);
    if (password !== "") secrets.push(password);
  }
  const answer = String(resultOf(reading.done)["answer"]);
  const canaries = [
    canary,
    encodeURIComponent(canary),
    "제목",
    "37.428",
    "126.771",
    answer.slice(0, 20),
    ...secrets,
  ];
  const lines = logLines();
  expect(lines.length).toBeGreaterThan(20);
  for (const text of [lines.join("\n"), receiver.text()]) {
    for (const each of canaries) expect(text).not.toContain(each);
  }
  for (const line of lines.filter((each) => each.startsWith("{"))) {
    expect(Object.keys(JSON.parse(line) as object)).toEqual(
      expect.arrayContaining(["@timestamp", "log.level", "message", "process.name"]),
    );
    // oxlint-disable-next-line no-control-regex
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
}, 60_000);
