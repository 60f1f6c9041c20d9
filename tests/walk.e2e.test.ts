import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { EventSource } from "eventsource";
import postgres from "postgres";
import { Client, idsRise, resultOf } from "./client.ts";
import { type RunningStack, startStack } from "./stack.ts";

let stack: RunningStack;
let sql: postgres.Sql;
let client: Client;

beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.file().services.postgres.url, { max: 2, onnotice: () => {} });
  client = new Client(stack.file());
}, 120_000);

afterAll(async () => {
  await sql?.end({ timeout: 5 });
  await stack?.stop();
}, 60_000);

interface Row {
  role: string;
  content: string;
  id: string;
}
const rowsOf = (job: string) =>
  sql<
    Row[]
  >`select role, content, id::text from chat.messages where job_id = ${job} order by created_at`;

/** Rows come at most a second after `done`. */
async function rowsOnceThere(job: string): Promise<Row[]> {
  for (const until = performance.now() + 5000; performance.now() < until; await Bun.sleep(20)) {
    const rows = await rowsOf(job);
    if (rows.length > 0) return rows;
  }
  throw new Error(`no rows for ${job}`);
}

const questions = [
  "페트병 어떻게 버려?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "이코는 누구야?",
  "안녕!",
];

test.each(questions)("%s is answered: text = result = row = history", async (question) => {
  const chat = await client.createChat();
  const job = await client.send(chat, question);
  const reading = await client.read(job);
  const result = resultOf(reading.done);
  expect(reading.done?.data["status"]).toBe("completed");
  expect(reading.frames.at(-1)).toBe(reading.done!);
  expect(idsRise(reading.frames)).toBe(true);
  expect(reading.text.length).toBeGreaterThan(20);
  expect(String(result["answer"])).toBe(reading.text);
  expect(String(result["sha256"])).toBe(createHash("sha256").update(reading.text).digest("hex"));

  const rows = await rowsOnceThere(job);
  expect(rows.map((row) => row.role)).toEqual(["user", "assistant"]);
  expect(rows.map((row) => row.content)).toEqual([question, reading.text]);
  const history = await client.json<{ messages: Row[] }>(`/api/v1/chat/${chat}`);
  expect(history.messages.map(({ id, role, content }) => ({ id, role, content }))).toEqual(
    rows.map(({ id, role, content }) => ({ id, role, content })),
  );
  const ids = result["persistence"] as Record<string, string>;
  expect([ids["user_message"], ids["assistant_message"]]).toEqual(rows.map((row) => row.id));
});

test("stages arrive in the order of the graph and progress never falls", async () => {
  const job = await client.send(await client.createChat(), "페트병 어떻게 버려?");
  const { frames } = await client.read(job);
  const stages = frames.map((frame) => `${frame.event}:${String(frame.data["status"])}`);
  for (const stage of [
    "queued:started",
    "intent:completed",
    "waste_rag:completed",
    "aggregator:completed",
  ]) {
    expect(stages).toContain(stage);
  }
  expect(stages.indexOf("intent:completed")).toBeLessThan(stages.indexOf("waste_rag:started"));
  expect(stages.indexOf("aggregator:completed")).toBeLessThan(stages.indexOf("answer:started"));
  const progress = frames.flatMap((frame) => {
    const value = frame.data["progress"];
    return typeof value === "number" ? [value] : [];
  });
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test("a question with two intents runs both sub-agents", async () => {
  const job = await client.send(await client.createChat(), "종이 버리는 법이랑 수거함도 알려줘");
  const { frames } = await client.read(job);
  const events = new Set(frames.map((frame) => frame.event));
  expect(events.has("waste_rag")).toBe(true);
  expect(events.has("collection_point")).toBe(true);
});

test("cut at any token and resumed, the text is the answer and nothing comes twice", async () => {
  const chat = await client.createChat();
  for (const cutAfter of [1, 2, 5, 9, 14, 30]) {
    const job = await client.send(chat, "보조배터리는 어떻게 버려?");
    const first = await client.read(job, { until: (_, count) => count >= cutAfter });
    const second = await client.read(job, { lastId: first.lastId, text: first.text });
    const all = [...first.frames, ...second.frames];
    expect(idsRise(all)).toBe(true);
    const done = first.done ?? second.done;
    expect(second.status === 204 || second.text === resultOf(done)["answer"]).toBe(true);
    expect(all.filter((frame) => frame.event === "done")).toHaveLength(1);
  }
});

test("a late reader gets the text so far, one after the end gets done, one that had it gets 204", async () => {
  const job = await client.send(await client.createChat(), "형광등 버리는 법");
  const first = await client.read(job);
  const late = await client.read(job);
  expect(late.done?.data["result"]).toEqual(first.done?.data["result"]);
  expect((await client.read(job, { lastId: first.lastId })).status).toBe(204);
});

test("two readers at once end with the same text", async () => {
  const job = await client.send(await client.createChat(), "우유팩은 어디에 버려?");
  const [one, other] = await Promise.all([client.read(job), client.read(job)]);
  expect(one.text === "" ? resultOf(one.done)["answer"] : one.text).toBe(
    String(resultOf(other.done)["answer"]),
  );
  expect(one.done).toEqual(other.done!);
});

test("a foreign or malformed last id means reset and everything", async () => {
  const other = await client.read(await client.send(await client.createChat(), "안녕"));
  const job = await client.send(await client.createChat(), "종이컵은?");
  await client.read(job);
  for (const lastId of [other.lastId, "nonsense", "99999999999999-1"]) {
    const reading = await client.read(job, { lastId, text: "wrong" });
    expect(reading.done?.data["status"]).toBe("completed");
    if (reading.frames.some((frame) => frame.event === "token_recovery")) {
      expect(reading.text).toBe(String(resultOf(reading.done)["answer"]));
    }
  }
});

test("a standard EventSource reads it", async () => {
  const job = await client.send(await client.createChat(), "캔은 어떻게 버려?");
  const url = `${stack.file().base_url}/api/v1/chat/${job}/events`;
  const source = new EventSource(url, {
    fetch: (input, init) => {
      const path = new URL(input.toString()).pathname;
      return client.fetch(path, { headers: init.headers, signal: init.signal as AbortSignal });
    },
  });
  let text = "";
  const answer = await new Promise<string>((resolve, reject) => {
    source.addEventListener(
      "token",
      (event) => (text += (JSON.parse(String(event.data)) as { content: string }).content),
    );
    source.addEventListener("token_recovery", (event) => {
      text = (JSON.parse(String(event.data)) as { accumulated: string }).accumulated;
    });
    source.addEventListener("done", (event) => {
      const done = JSON.parse(String(event.data)) as { result: { answer: string } };
      resolve(done.result.answer);
    });
    source.addEventListener("error", (event) => reject(new Error(event.message ?? "stream error")));
  });
  source.close();
  expect(text === "" || text === answer).toBe(true);
});

test("another user sees neither chat nor job", async () => {
  const chat = await client.createChat();
  const job = await client.send(chat, "안녕");
  const stranger = new Client(stack.file());
  for (const path of [
    `/api/v1/chat/${chat}`,
    `/api/v1/chat/${job}/events`,
    `/api/v1/chat/${job}/status`,
  ]) {
    expect((await stranger.fetch(path)).status).toBe(404);
  }
});

test("gateway, router and worker killed one after the other: the next answer is whole", async () => {
  const chat = await client.createChat();
  for (const pid of [
    stack.file().pids.gateway,
    stack.file().pids.router,
    stack.file().pids.workers[0],
  ]) {
    if (pid === undefined) throw new Error("no such process");
    process.kill(pid, "SIGKILL");
    const sent = await untilSent(chat);
    const reading = await client.read(sent);
    expect(String(resultOf(reading.done)["answer"])).toBe(
      reading.text || String(resultOf(reading.done)["answer"]),
    );
    expect(reading.done?.data["status"]).toBe("completed");
  }
}, 60_000);

/** A killed gateway needs a moment; the client does what clients do: try again. */
async function untilSent(chat: string): Promise<string> {
  for (const until = performance.now() + 15_000; performance.now() < until; await Bun.sleep(100)) {
    const sent = await client.send(chat, "병뚜껑은 어떻게 버려?").catch(() => undefined);
    if (sent !== undefined) return sent;
  }
  throw new Error("the gateway did not come back");
}
