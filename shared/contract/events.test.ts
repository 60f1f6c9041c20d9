import { expect, test } from "bun:test";
import * as v from "valibot";
import { addToText, noText, sha256Hex } from "./answer-text.ts";
import { buildDone, type JobRecord, queuedEvent } from "./build-events.ts";
import { DoneEvent, jobErrorCodes, LogEvent, Persistence } from "./event.ts";
import { ChatId, newChatId, newJobId, UserId } from "./ids.ts";

const record: JobRecord = {
  jobId: newJobId(),
  chatId: newChatId(),
  userId: v.parse(UserId, crypto.randomUUID()),
  message: "페트병 어떻게 버려?",
  imageUrl: null,
  createdAt: "2026-11-20T00:00:00.000Z",
};
const answer = addToText(noText, "token", JSON.stringify({ seq: 1001, content: "헹궈요" }));
const nowMs = Date.parse("2026-11-20T00:00:05.000Z");
const build = (ending: "completed" | "failed" | "cancelled", text = answer) => {
  const errorCode = { completed: undefined, failed: "TIMEOUT", cancelled: "CANCELLED" } as const;
  const done = buildDone(
    record,
    { attempt: 7, n: 3 },
    { ending, errorCode: errorCode[ending], answer: text, intent: "waste", metadata: {} },
    nowMs,
  );
  const internal = JSON.parse(done.internal) as { persistence: unknown };
  return {
    data: v.parse(v.strictObject(DoneEvent.entries), JSON.parse(done.data)),
    text: done.data,
    persistence: v.parse(v.strictObject(Persistence.entries), internal.persistence),
  };
};

test("the queued event is a log event, with the position put in as text", () => {
  const data = queuedEvent(record.jobId, "1768800397.12", "%POSITION%");
  const event = v.parse(LogEvent, JSON.parse(data.replace("%POSITION%", "2")));
  expect(event).toMatchObject({
    stage: "queued",
    stream_id: "0-1",
    seq: 0,
    result: { position: 2 },
  });
});

test("a completed job carries answer, token count, checksum and row ids", () => {
  const { data, persistence } = build("completed");
  expect(data.result).toMatchObject({ answer: "헹궈요", tokens: 1, sha256: sha256Hex("헹궈요") });
  expect(data.result.persistence.assistant_message).toBe(persistence.assistant_message_id);
  expect(persistence).toMatchObject({ assistant_message: "헹궈요", metadata: {} });
});

test("the question sorts before the answer", () => {
  const { persistence } = build("completed");
  expect(
    persistence.user_message_created_at < (persistence.assistant_message_created_at ?? ""),
  ).toBe(true);
});

test("a cancelled job keeps its partial text as the answer, and has no answer row without text", () => {
  expect(build("cancelled").persistence.assistant_message).toBe("헹궈요");
  expect(build("cancelled", noText).persistence.assistant_message_id).toBeNull();
});

test("a failed job keeps the question, and the partial text beside it", () => {
  const { data, persistence } = build("failed");
  expect(data.result.error_code).toBe("TIMEOUT");
  expect(persistence).toMatchObject({
    assistant_message: null,
    metadata: { error: "TIMEOUT", partial_answer: "헹궈요" },
  });
});

test("what a browser sees of an ending holds no user id and no question", () => {
  const { text } = build("completed");
  expect(text).not.toContain(record.userId);
  expect(text).not.toContain(record.message);
});

test("scripts find stream_id and stage before any free text", () => {
  const { text } = build("completed");
  expect(text.indexOf('"stream_id":"7-3"')).toBeLessThan(text.indexOf('"result"'));
  expect(text.indexOf('"stage":"done"')).toBeLessThan(text.indexOf('"result"'));
});

test("every error code has a text for people", () => {
  for (const errorCode of jobErrorCodes) {
    const done = buildDone(
      record,
      { attempt: 1, n: 1 },
      { ending: "failed", errorCode, answer: noText, intent: null, metadata: {} },
      nowMs,
    );
    expect(v.parse(DoneEvent, JSON.parse(done.data)).message.length).toBeGreaterThan(5);
  }
});

test("ids are parsed, not believed", () => {
  expect(v.safeParse(ChatId, "not-a-uuid").success).toBe(false);
});
