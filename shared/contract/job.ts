import * as v from "valibot";
import { ChatId, JobId, UserId } from "./ids.ts";

export const Location = v.object({
  latitude: v.pipe(v.number(), v.finite(), v.minValue(-90), v.maxValue(90)),
  longitude: v.pipe(v.number(), v.finite(), v.minValue(-180), v.maxValue(180)),
});
export type Location = v.InferOutput<typeof Location>;

/** What a worker needs to run a job; `kwargs` of the queue message. */
export const Job = v.object({
  job_id: JobId,
  /** The chat id; the name is the queue contract's. */
  session_id: ChatId,
  user_id: UserId,
  message: v.string(),
  image_url: v.optional(v.nullable(v.string()), null),
  user_location: v.optional(v.nullable(Location), null),
  model: v.optional(v.nullable(v.string()), null),
  interactive: v.optional(v.boolean(), false),
  /** When the gateway accepted it, ISO 8601 UTC. */
  submitted_at: v.string(),
});
export type Job = v.InferOutput<typeof Job>;

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
