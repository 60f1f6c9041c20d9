import * as v from "valibot";
import { ChatId, JobId, UserId } from "./ids.ts";

export const Location = v.object({
  latitude: v.pipe(v.number(), v.finite(), v.minValue(-90), v.maxValue(90)),
  longitude: v.pipe(v.number(), v.finite(), v.minValue(-180), v.maxValue(180)),
});
export type Location = v.InferOutput<typeof Location>;

const common = {
  job_id: JobId,
  /** The chat id; the name is the queue contract's. A job of another kind belongs to no chat: it names itself. */
  session_id: ChatId,
  user_id: UserId,
  message: v.string(),
  image_url: v.optional(v.nullable(v.string()), null),
  user_location: v.optional(v.nullable(Location), null),
  model: v.optional(v.nullable(v.string()), null),
  interactive: v.optional(v.boolean(), false),
  /** When the gateway accepted it, ISO 8601 UTC. */
  submitted_at: v.string(),
};

/** What the gateway took for the job before it published it; the job holds it until it ends. */
const handedOver = {
  /** What the names of the lock's keys begin with. */
  namespace: v.optional(v.string(), "eco2"),
  lock_token: v.string(),
  fence: v.pipe(v.number(), v.safeInteger()),
};

const Sid = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,128}$/));

/** A message of a chat. The kind is left out: it is what every job was before there were others. */
export const AgentJob = v.object({ ...common, kind: v.optional(v.literal("agent")) });
export type AgentJob = v.InferOutput<typeof AgentJob>;

/** One of the lines a room's model is told, the oldest first. */
export const RoomLine = v.object({ participant: v.string(), text: v.string() });
export type RoomLine = v.InferOutput<typeof RoomLine>;

/** Somebody in a room asked the model. */
export const RoomJob = v.object({
  ...common,
  ...handedOver,
  kind: v.literal("room"),
  room_sid: Sid,
  /** The participant who asked. */
  requested_by: v.string(),
  history: v.pipe(v.array(RoomLine), v.maxLength(20)),
});
export type RoomJob = v.InferOutput<typeof RoomJob>;

/** A turn with the assistant. */
export const AssistantJob = v.object({
  ...common,
  ...handedOver,
  kind: v.literal("assistant"),
  assistant_sid: Sid,
  /** How long the memory outlives its latest turn; 0: for ever. */
  memory_ttl_seconds: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});
export type AssistantJob = v.InferOutput<typeof AssistantJob>;

/** A photographed thing; `message` is what the person wrote beside it, or nothing. */
export const ScanJob = v.object({ ...common, kind: v.literal("scan") });
export type ScanJob = v.InferOutput<typeof ScanJob>;

/** What a worker needs to run a job; `kwargs` of the queue message. */
export const Job = v.union([AgentJob, RoomJob, AssistantJob, ScanJob]);
export type Job = v.InferOutput<typeof Job>;

export const jobKinds = ["agent", "room", "assistant", "scan"] as const;
export type JobKind = (typeof jobKinds)[number];

/** Name of the conversation a job continues: its checkpoints, and what the model is told, go by it. */
export function threadOf(job: Job): string {
  switch (job.kind) {
    case "room":
      return `room:${job.room_sid}`;
    case "assistant":
      return `assistant:${job.assistant_sid}`;
    default:
      return job.session_id;
  }
}

/** Body of a message in the job queue. All five keys are mandatory. */
export const JobEnvelope = v.object({
  task_id: JobId,
  task_name: v.literal("chat.process"),
  labels: v.record(v.string(), v.string()),
  args: v.array(v.unknown()),
  kwargs: Job,
});
export type JobEnvelope = v.InferOutput<typeof JobEnvelope>;

export function jobEnvelope(job: Job, labels: Record<string, string> = {}): JobEnvelope {
  return { task_id: job.job_id, task_name: "chat.process", labels, args: [], kwargs: job };
}

/** States of `chat:job:{job_id}`.status. `queued` and `running` may still change; the rest are endings. */
export const jobStatuses = [
  "queued",
  "running",
  "waiting_human",
  "completed",
  "failed",
  "cancelled",
] as const;
export type JobStatus = (typeof jobStatuses)[number];
