import { expect, test } from "bun:test";
import { until } from "../../shared/testing/until.ts";
import { type Client, resultOf } from "../client.ts";
import { ending, follow, refusal, roaming } from "./person.ts";
import { onPostgres } from "./stores.ts";
import { underLoad } from "./suite.ts";
import { StreamCheck } from "./verify.ts";

const suite = underLoad();
const question = "종이 버리는 법이랑 수거함도 알려줘";

const newClient = () => roaming(suite.rig);

interface Receipt {
  readonly last_event_id: string;
  readonly tokens: number;
}
const cancel = (client: Client, job: string) =>
  client.fetch(`/api/v1/chat/${job}/cancel`, { method: "POST" });

test.concurrent("cancelled twice at once and once more: one ending, one receipt", async () => {
  const client = newClient();
  const check = new StreamCheck(await client.send(await client.createChat(), question));
  await follow(client, check, 20);
  const answers = await Promise.all([cancel(client, check.job), cancel(client, check.job)]);
  const receipts = await Promise.all(
    [...answers, await cancel(client, check.job)].map(async (answer) => {
      expect(answer.status).toBe(202);
      return (await answer.json()) as Receipt;
    }),
  );
  expect(await ending(client, check)).toBe("cancelled");
  for (const receipt of receipts) {
    expect(receipt.last_event_id).toBe(check.done?.id ?? "");
    expect(receipt.tokens).toBe(Number(resultOf(check.done)["tokens"]));
  }
  const rows = await onPostgres(suite.rig.urls.postgres, (sql) =>
    until(async () => {
      const found = await sql<{ role: string; content: string }[]>`
        select role, content from chat.messages where job_id = ${check.job} order by created_at`;
      return found.length > 0 && found;
    }),
  );
  expect(check.rowsFlaw(rows, question)).toBeUndefined();
});

test.concurrent("cancelled after its end: 409, and the ending stays", async () => {
  const client = newClient();
  const check = new StreamCheck(await client.send(await client.createChat(), "안녕!"));
  expect(await ending(client, check)).toBe("completed");
  const answer = await cancel(client, check.job);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ code: "JOB_FINISHED" });
  const again = await client.read(check.job);
  expect(again.done?.data).toEqual(check.done?.data ?? {});
});

test.concurrent(
  "a cancel that races the end: the first wins, and the answer says which",
  async () => {
    const client = newClient();
    const outcomes = new Set<string>();
    const races = Array.from({ length: 20 }, async (_, i) => {
      const check = new StreamCheck(await client.send(await client.createChat(), "안녕!"));
      // from the first token to the end, or to what the reader took for it
      await client.read(check.job, {
        until: (frame, count) => frame.event === "token" && count > 8 + i * 3,
      });
      const answer = await cancel(client, check.job);
      const status = await ending(client, check);
      outcomes.add(status);
      expect([202, 409]).toContain(answer.status);
      expect(status).toBe(answer.status === 202 ? "cancelled" : "completed");
      if (answer.status === 202) {
        expect(((await answer.json()) as Receipt).last_event_id).toBe(check.done?.id ?? "");
      }
    });
    await Promise.all(races);
    expect(outcomes).toEqual(new Set(["cancelled", "completed"]));
  },
);

test.concurrent("a queued job is cancelled before it runs, and the one after it runs", async () => {
  const client = newClient();
  const chat = await client.createChat();
  const jobs = [];
  for (const message of [question, "둘째", "셋째"]) jobs.push(await client.send(chat, message));
  const [first, second, third] = jobs.map((job) => new StreamCheck(job));
  if (!first || !second || !third) throw new Error("three jobs");
  expect((await cancel(client, second.job)).status).toBe(202);
  expect(await ending(client, second)).toBe("cancelled");
  expect(second.text).toBe("");
  expect(await ending(client, first)).toBe("completed");
  expect(await ending(client, third)).toBe("completed");
});

test.concurrent("input for a job that does not wait", async () => {
  const client = newClient();
  const check = new StreamCheck(await client.send(await client.createChat(), question));
  const post = (job: string, body: unknown) =>
    client.fetch(`/api/v1/chat/${job}/input`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const location = { type: "location", data: { latitude: 37.5, longitude: 127 } };
  const confirmation = { type: "confirmation", data: { confirmed: "yes" } };
  expect((await post(check.job, location)).status).toBe(409);
  expect((await post(check.job, confirmation)).status).toBe(422);
  expect((await post(crypto.randomUUID(), location)).status).toBe(404);
  expect(await ending(client, check)).toBe("completed");
  expect((await post(check.job, location)).status).toBe(409);
});

test.concurrent(
  "a chat deleted while it is answered: its jobs end cancelled, nothing more is taken",
  async () => {
    const client = newClient();
    const chat = await client.createChat();
    const checks = [];
    for (const message of [question, "둘째"]) {
      checks.push(new StreamCheck(await client.send(chat, message)));
    }
    const [running] = checks;
    if (running) await follow(client, running, 15);
    expect((await client.fetch(`/api/v1/chat/${chat}`, { method: "DELETE" })).status).toBe(204);
    for (const check of checks) expect(await ending(client, check)).toBe("cancelled");
    expect((await client.fetch(`/api/v1/chat/${chat}`, { method: "DELETE" })).status).toBe(404);
    expect((await client.fetch(`/api/v1/chat/${chat}`)).status).toBe(404);
    expect(await refusal(client.send(chat, "아직 있어?"))).toContain("404");
  },
);

test.concurrent("ten requests at once with one Idempotency-Key are one job", async () => {
  const client = newClient();
  const chat = await client.createChat();
  const send = (message: string, key: string) =>
    client.fetch(`/api/v1/chat/${chat}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ message }),
    });
  const key = crypto.randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(question, key)));
  const ids = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { job_id: string }).job_id),
  );
  expect(new Set(ids).size).toBe(1);
  expect((await send("다른 말", key)).status).toBe(422);
  const check = new StreamCheck(ids[0] ?? "");
  expect(await ending(client, check)).toBe("completed");
  expect(((await (await send(question, key)).json()) as { job_id: string }).job_id).toBe(check.job);
  const history = await client.json<{ messages: unknown[] }>(`/api/v1/chat/${chat}`);
  expect(history.messages).toHaveLength(2);
  // keys are per user
  const other = newClient();
  const theirs = await other.post<{ job_id: string }>(
    `/api/v1/chat/${await other.createChat()}/messages`,
    { message: question },
    { "idempotency-key": key },
  );
  expect(theirs.job_id).not.toBe(check.job);
});

test.concurrent(
  "three messages at once in one chat run one after the other, in order",
  async () => {
    const client = newClient();
    const chat = await client.createChat();
    const jobs = await Promise.all(
      ["하나", "둘", "셋"].map((message) => client.send(chat, message)),
    );
    const spans = await Promise.all(
      jobs.map(async (job) => {
        const check = new StreamCheck(job);
        let beganAt = 0;
        await client.read(job, {
          onFrame: (frame) => {
            check.frame(frame);
            if (frame.event !== "queued" && beganAt === 0) beganAt = performance.now();
          },
        });
        expect(await ending(client, check)).toBe("completed");
        return { job, beganAt, endedAt: check.lastAt };
      }),
    );
    spans.sort((a, b) => a.beganAt - b.beganAt);
    for (const [i, span] of spans.entries()) {
      const before = spans[i - 1];
      if (before) expect(span.beganAt).toBeGreaterThanOrEqual(before.endedAt - 50);
    }
    const history = await client.json<{ messages: { role: string; content: string }[] }>(
      `/api/v1/chat/${chat}`,
    );
    expect(history.messages.map((one) => one.role)).toEqual(
      Array(3).fill(["user", "assistant"]).flat(),
    );
  },
);

test.concurrent(
  "double_texting: reject refuses, interrupt takes over and keeps the text",
  async () => {
    const client = newClient();
    const chat = await client.createChat();
    const check = new StreamCheck(await client.send(chat, question));
    await follow(client, check, 20);
    expect(await refusal(client.send(chat, "나도", { double_texting: "reject" }))).toContain("409");
    const next = new StreamCheck(await client.send(chat, "됐고", { double_texting: "interrupt" }));
    expect(await ending(client, check)).toBe("cancelled");
    expect(check.text.length).toBeGreaterThan(0);
    expect(await ending(client, next)).toBe("completed");
    const history = await client.json<{ messages: { content: string }[] }>(`/api/v1/chat/${chat}`);
    expect(history.messages.map((one) => one.content)).toContain(check.text);
  },
);
