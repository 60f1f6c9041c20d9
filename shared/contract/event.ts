import * as v from "valibot";
import { ChatId, JobId, MessageId, UserId } from "./ids.ts";
import { stageOrder, type Stage } from "./stages.ts";

/** How a job ended. */
export const endings = ["completed", "failed", "cancelled"] as const;
export const Ending = v.picklist(endings);
export type Ending = v.InferOutput<typeof Ending>;

/** Codes a failed or cancelled job carries in `result.error_code`; the texts beside them are for people. */
export const jobErrorCodes = [
  "CANCELLED",
  "TIMEOUT",
  "ATTEMPTS_EXHAUSTED",
  "BAD_JOB",
  "MODEL_FAILED",
  "NODE_FAILED",
  "ANSWER_TOO_LARGE",
  "STREAM_FULL",
  "SESSION_BUSY",
  "INTERNAL",
] as const;
export type JobErrorCode = (typeof jobErrorCodes)[number];

const header = {
  job_id: JobId,
  /** Entry id of the event in the job log; the same text as the SSE `id:`. */
  stream_id: v.string(),
  /** Seconds since 1970 with two decimals, as text. For people; order never uses it. */
  ts: v.string(),
};

const stages = Object.keys(stageOrder).filter((name) => name !== "done") as Exclude<
  Stage,
  "done"
>[];

export const StageEvent = v.object({
  ...header,
  stage: v.picklist(stages),
  status: v.string(),
  seq: v.pipe(v.number(), v.integer(), v.minValue(0)),
  progress: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  result: v.nullable(v.record(v.string(), v.unknown())),
  message: v.string(),
});
export type StageEvent = v.InferOutput<typeof StageEvent>;

/** `first_seq` is there when the event carries more than one token. */
export const TokenEvent = v.object({
  ...header,
  stage: v.literal("token"),
  status: v.literal("streaming"),
  seq: v.pipe(v.number(), v.integer(), v.minValue(1001)),
  first_seq: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1001))),
  content: v.string(),
  node: v.string(),
});
export type TokenEvent = v.InferOutput<typeof TokenEvent>;

/** The text so far: replaces what the reader holds. With `reset` it starts over, empty or not. */
export const TokenRecoveryEvent = v.object({
  ...header,
  stage: v.literal("token_recovery"),
  status: v.literal("snapshot"),
  accumulated: v.string(),
  last_seq: v.pipe(v.number(), v.integer(), v.minValue(0)),
  completed: v.literal(false),
  reset: v.optional(v.literal(true)),
});
export type TokenRecoveryEvent = v.InferOutput<typeof TokenRecoveryEvent>;

/** Row ids and times, never texts or user ids: those stay in `Persistence`. */
export const DonePersistence = v.object({
  conversation_id: ChatId,
  user_message: MessageId,
  assistant_message: v.nullable(MessageId),
  assistant_message_created_at: v.nullable(v.string()),
});

export const DoneResult = v.object({
  intent: v.nullable(v.string()),
  answer: v.nullable(v.string()),
  /** Number of tokens the attempt that ended put in the log, and sha256 (hex) of their text. */
  tokens: v.pipe(v.number(), v.integer(), v.minValue(0)),
  sha256: v.string(),
  eval: v.object({ grade: v.nullable(v.string()), score: v.nullable(v.number()) }),
  metadata: v.record(v.string(), v.unknown()),
  error: v.optional(v.string()),
  error_code: v.optional(v.picklist(jobErrorCodes)),
  persistence: DonePersistence,
});
export type DoneResult = v.InferOutput<typeof DoneResult>;

export const DoneEvent = v.object({
  ...header,
  stage: v.literal("done"),
  status: Ending,
  seq: v.literal(181),
  progress: v.literal(100),
  result: DoneResult,
  message: v.string(),
});
export type DoneEvent = v.InferOutput<typeof DoneEvent>;

/** Everything a job log holds. */
export const LogEvent = v.variant("stage", [StageEvent, TokenEvent, TokenRecoveryEvent, DoneEvent]);
export type LogEvent = v.InferOutput<typeof LogEvent>;

/** What persistence needs; travels beside a `done` in the shard stream, never to a browser. */
export const Persistence = v.object({
  job_id: JobId,
  conversation_id: ChatId,
  user_id: UserId,
  user_message_id: MessageId,
  user_message: v.string(),
  user_message_created_at: v.string(),
  user_image_url: v.nullable(v.string()),
  /** Null when the job ended without a text to keep. */
  assistant_message_id: v.nullable(MessageId),
  assistant_message: v.nullable(v.string()),
  assistant_message_created_at: v.nullable(v.string()),
  intent: v.nullable(v.string()),
  metadata: v.nullable(v.record(v.string(), v.unknown())),
});
export type Persistence = v.InferOutput<typeof Persistence>;
