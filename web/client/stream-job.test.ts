import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { until } from "../../shared/testing/until.ts";
import type { JobLog, LoggedEvent } from "../testing/job-log.ts";
import { type ProtocolServer, startProtocolServer } from "../testing/protocol-server.ts";
import { createClient } from "./client.ts";
import { ApiError } from "./request.ts";
import type { JobUpdate, Line } from "./updates.ts";

let server: ProtocolServer;
beforeEach(() => {
  server = startProtocolServer();
});
afterEach(() => server.stop());

const timing = { staleMs: 2000, firstBackoffMs: 5, maxBackoffMs: 20, pollMs: 10 };

/** Sends a message whose job is written by `scene`, and returns the client and the log. */
async function ask(scene: (log: JobLog) => void | Promise<void>) {
  server.scene = scene;
  const client = createClient({ baseUrl: server.url });
  const chat = await client.chats.create();
  const { job_id } = await client.send(chat.id, { message: "페트병은?" });
  const log = server.logs.get(job_id);
  if (!log) throw new Error("no such job");
  return { client, jobId: job_id, log };
}

async function readAll(stream: AsyncGenerator<JobUpdate, void>): Promise<JobUpdate[]> {
  const updates: JobUpdate[] = [];
  for await (const update of stream) updates.push(update);
  return updates;
}

function doneOf(updates: readonly JobUpdate[]) {
  const done = updates.at(-1);
  if (done?.type !== "done") throw new Error(`ended with ${JSON.stringify(done)}`);
  return done;
}

const words = [
  "라벨을 ",
  "떼고 ",
  "헹군 ",
  "뒤 ",
  "찌그러뜨려 ",
  "투명 ",
  "페트병으로 ",
  "배출해요.",
];
const answer = words.join("");

async function tell(log: JobLog): Promise<void> {
  await log.joined;
  log.stage("intent", "started");
  for (const word of words) {
    log.token(word);
    await Bun.sleep(1);
  }
  log.end();
}

const follow = async () => {
  const { client, jobId } = await ask(tell);
  return readAll(client.stream(jobId, { timing }));
};

test("tokens add up to the answer, and the end says so", async () => {
  const updates = await follow();
  expect(doneOf(updates)).toMatchObject({ status: "completed", text: answer, check: "intact" });
  const texts = updates.flatMap((one) => (one.type === "token" ? [one.text] : []));
  expect(texts.every((text) => answer.startsWith(text))).toBe(true);
});

test("wherever the line is cut, the text is the answer and no event comes twice", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), async (cuts) => {
      const sent = new Map<number, number>();
      server.bend = {
        frame: (event, connection) => {
          const count = (sent.get(connection) ?? 0) + 1;
          sent.set(connection, count);
          return count > (cuts[connection - 1] ?? Infinity) ? "cut" : [event];
        },
      };
      const updates = await follow();
      expect(doneOf(updates).text).toBe(answer);
      expect(["intact", "whole"]).toContain(doneOf(updates).check);
      const ids = updates.flatMap((one) => ("id" in one && one.id !== undefined ? [one.id] : []));
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 20 },
  ));

test("every reconnect names the last event it processed", async () => {
  server.bend = {
    frame: (event, connection) => (connection === 1 && event.id === "0-5" ? "cut" : [event]),
  };
  const { client, jobId } = await ask(tell);
  await readAll(client.stream(jobId, { timing }));
  expect(server.connections.get(jobId)).toEqual([undefined, "0-4"]);
});

test("a repeated token is dropped", async () => {
  server.bend = { frame: (event) => [event, event] };
  expect(doneOf(await follow())).toMatchObject({ text: answer, check: "intact" });
});

test("a missing token is noticed, and the text asked for anew", async () => {
  const lost = (event: LoggedEvent, connection: number) => connection === 1 && event.id === "0-5";
  server.bend = { frame: (event, connection) => (lost(event, connection) ? [] : [event]) };
  const { client, jobId } = await ask(tell);
  const updates = await readAll(client.stream(jobId, { timing }));
  expect(updates).toContainEqual({ type: "line", state: "waiting", why: "gap", retryInMs: 0 });
  expect(server.connections.get(jobId)).toEqual([undefined, undefined]);
  expect(doneOf(updates)).toMatchObject({ text: answer });
});

test("a gap that never closes is mended at the end", async () => {
  server.bend = {
    frame: (event) => (event.event === "token" && event.id === "0-5" ? [] : [event]),
  };
  const updates = await follow();
  expect(doneOf(updates).text).toBe(answer);
});

test("a text that is not the answer's is replaced and called mended", async () => {
  const bad = (event: LoggedEvent): LoggedEvent =>
    event.id === "0-4" ? { ...event, data: { ...event.data, content: "XX" } } : event;
  server.bend = { frame: (event) => [bad(event)] };
  expect(doneOf(await follow())).toMatchObject({ text: answer, check: "mended" });
});

test("an answer that does not match its own sha256 is called damaged", async () => {
  const { client, jobId } = await ask((log) => {
    log.token("a");
    log.end("completed", { sha256: "00" });
  });
  expect(doneOf(await readAll(client.stream(jobId, { timing })))).toMatchObject({
    check: "damaged",
  });
});

test("a new attempt starts the text over, and texts never mix", async () => {
  const { client, jobId } = await ask(async (log) => {
    await log.joined;
    log.token("first ");
    await Bun.sleep(20);
    log.newAttempt();
    await Bun.sleep(20);
    log.token("second");
    log.end();
  });
  const updates = await readAll(client.stream(jobId, { timing }));
  const texts = updates.flatMap((one) => ("text" in one ? [one.text] : []));
  expect(texts).toEqual(["first ", "", "second", "second"]);
  expect(updates).toContainEqual(expect.objectContaining({ type: "snapshot", reset: true }));
});

test("one who comes after the end gets the whole answer, one who had it nothing", async () => {
  const { client, jobId, log } = await ask((it) => {
    it.token(answer);
    it.end();
  });
  expect(doneOf(await readAll(client.stream(jobId)))).toMatchObject({
    text: answer,
    check: "whole",
  });
  const lastEventId = log.done?.id;
  expect((await readAll(client.stream(jobId, { lastEventId }))).at(-1)).toEqual({ type: "over" });
});

test("what an earlier stream held is continued, not begun again", async () => {
  const { client, jobId } = await ask(async (log) => {
    await log.joined;
    log.token("하나 ");
    await until(() => server.connections.get(log.jobId)?.length === 2);
    log.token("둘");
    log.end();
  });
  for await (const update of client.stream(jobId, { timing })) {
    if (update.type !== "token") continue;
    const rest = await readAll(client.stream(jobId, { timing, held: update.held }));
    expect(doneOf(rest)).toMatchObject({ text: "하나 둘", check: "intact" });
    break;
  }
});

test("a line on which nothing comes is opened anew, then the status is asked", async () => {
  const silent = () =>
    new Response(new ReadableStream({ start() {} }), {
      headers: { "content-type": "text/event-stream" },
    });
  server.bend = { answer: silent };
  const { client, jobId, log } = await ask((it) => it.token(answer));
  const stream = client.stream(jobId, { timing: { ...timing, staleMs: 40 } });
  const updates: JobUpdate[] = [];
  for await (const update of stream) {
    updates.push(update);
    if (update.type === "progress" && !log.done) log.end();
  }
  expect(doneOf(updates)).toMatchObject({ text: answer, status: "completed" });
  expect(updates).toContainEqual({ type: "line", state: "polling", why: "stale" });
  expect(server.connections.get(jobId)?.length).toBeGreaterThanOrEqual(2);
});

test("a line can be cut and wakes at once", async () => {
  let line: Line | undefined;
  const { client, jobId } = await ask(async (log) => {
    await log.joined;
    for (const word of words) {
      log.token(word);
      await Bun.sleep(5);
    }
    log.end();
  });
  const updates: JobUpdate[] = [];
  for await (const update of client.stream(jobId, { timing, onLine: (it) => (line = it) })) {
    updates.push(update);
    if (update.type === "token" && update.content === words[2]) line?.cut(60_000);
    if (update.type === "line" && update.why === "cut") setTimeout(() => line?.wake(), 5);
  }
  expect(doneOf(updates)).toMatchObject({ text: answer, check: "intact" });
});

test("a refusal ends the stream and says why; what was held stays with the caller", async () => {
  const { client, jobId } = await ask((log) => log.token("하나 "));
  let held = "";
  const stream = client.stream(jobId, { timing });
  const failure = (async () => {
    for await (const update of stream) {
      if (!("text" in update)) continue;
      held = update.text;
      server.isUnauthorized = true;
      server.cutAll();
    }
  })();
  const error: unknown = await failure.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  expect(held).toBe("하나 ");
});

test("an abort ends it at once, wherever it is", async () => {
  const { client, jobId } = await ask(() => {});
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 20);
  const reading = readAll(client.stream(jobId, { signal: stop.signal }));
  const error: unknown = await reading.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: "enough" });
});
