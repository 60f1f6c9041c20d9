import type { AnswerText } from "./answer-text.ts";
import { sha256Hex } from "./answer-text.ts";
import type { JobSession } from "../job-session.ts";
import { endingMessages } from "./ending-messages.ts";
import type { DoneEvent, Ending, JobErrorCode, Persistence, StageEvent } from "./event.ts";
import {
  type ChatId,
  type EventId,
  formatEventId,
  type JobId,
  messageIds,
  type UserId,
} from "./ids.ts";
import type { JobKind } from "./job.ts";
import { doneSeq, stageSeq } from "./stages.ts";

/** Field order matters once: `stream_id` and `stage` come before any free text, scripts look for them there. */
export function queuedEvent(jobId: JobId, ts: string, position: number | "%POSITION%"): string {
  const event: StageEvent = {
    job_id: jobId,
    stream_id: "0-1",
    stage: "queued",
    status: "started",
    seq: stageSeq("queued", "started"),
    ts,
    progress: 0,
    result: { position: -1 },
    message: "",
  };
  return JSON.stringify(event).replace('"position":-1', `"position":${position}`);
}

/** What the job's record says about the message. */
export interface JobRecord {
  /** By default an agent's. */
  readonly kind?: JobKind;
  readonly jobId: JobId;
  readonly chatId: ChatId;
  readonly userId: UserId;
  readonly message: string;
  readonly imageUrl: string | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** Of a room's or an assistant's job; such a job has no rows. */
  readonly session?: JobSession | undefined;
}

export interface Outcome {
  readonly ending: Ending;
  /** Set unless completed. */
  readonly errorCode: JobErrorCode | undefined;
  /** What the log holds since the last reset; the answer is exactly this. */
  readonly answer: AnswerText;
  readonly intent: string | null;
  readonly metadata: Record<string, unknown>;
}

/**
 * The last event of a job, and what persistence needs. A completed answer and the text of a cancelled one
 * become an assistant row; a failed one keeps its partial text in the user row's metadata. A job of a room or an
 * assistant has nothing for persistence.
 */
export function buildDone(
  record: JobRecord,
  at: EventId,
  outcome: Outcome,
  nowMs: number,
): { data: string; internal: string } {
  const ids = messageIds(record.jobId);
  const createdAt = new Date(nowMs).toISOString();
  const keepsAnswer =
    record.session === undefined &&
    (outcome.ending === "completed" ||
      (outcome.ending === "cancelled" && outcome.answer.text !== ""));
  const message = outcome.errorCode === undefined ? "" : endingMessages[outcome.errorCode];
  const done: DoneEvent = {
    job_id: record.jobId,
    stream_id: formatEventId(at),
    stage: "done",
    status: outcome.ending,
    seq: doneSeq,
    ts: (nowMs / 1000).toFixed(2),
    progress: 100,
    result: {
      intent: outcome.intent,
      answer: outcome.answer.text,
      tokens: outcome.answer.tokens,
      sha256: sha256Hex(outcome.answer.text),
      eval: { grade: null, score: null },
      metadata: outcome.metadata,
      ...(outcome.errorCode === undefined ? {} : { error: message, error_code: outcome.errorCode }),
      persistence: {
        conversation_id: record.chatId,
        user_message: ids.user,
        assistant_message: keepsAnswer ? ids.assistant : null,
        assistant_message_created_at: keepsAnswer ? createdAt : null,
      },
    },
    message,
  };
  if (record.session) return { data: JSON.stringify(done), internal: "" };
  const persistence: Persistence = {
    job_id: record.jobId,
    conversation_id: record.chatId,
    user_id: record.userId,
    user_message_id: ids.user,
    user_message: record.message,
    // one millisecond before the answer, so that a turn always sorts question first
    user_message_created_at: new Date(nowMs - 1).toISOString(),
    user_image_url: record.imageUrl,
    assistant_message_id: keepsAnswer ? ids.assistant : null,
    assistant_message: keepsAnswer ? outcome.answer.text : null,
    assistant_message_created_at: keepsAnswer ? createdAt : null,
    intent: outcome.intent,
    metadata: {
      ...outcome.metadata,
      ...(outcome.errorCode === undefined ? {} : { error: outcome.errorCode }),
      ...(outcome.ending === "failed" && outcome.answer.text !== ""
        ? { partial_answer: outcome.answer.text }
        : {}),
    },
  };
  return { data: JSON.stringify(done), internal: JSON.stringify({ persistence }) };
}
