import * as v from "valibot";
import { queuedEvent } from "../shared/contract/build-events.ts";
import { JobId, newJobId, shardOf } from "../shared/contract/ids.ts";
import { JobEnvelope, jobEnvelope } from "../shared/contract/job.ts";
import { keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import { parseJson } from "../shared/parse-json.ts";
import { accept, type ScriptedRedis } from "../shared/scripts.ts";
import { fieldOf, type RawEntry } from "./batch.ts";

/** Letters kept for people; older ones go. */
const keep = 10_000;

export interface DeadLetter {
  /** Empty when the message had no readable one. */
  readonly jobId: string;
  /** The broker's: rejected, delivery_limit, expired. */
  readonly reason: string;
  /** What became of the job. */
  readonly action: string;
  /** The message as it was. */
  readonly body: string;
}

export interface KeptDeadLetter extends DeadLetter {
  readonly id: string;
  /** ISO 8601 UTC, by the store's clock. */
  readonly at: string;
}

export async function keepDeadLetter(redis: ScriptedRedis, letter: DeadLetter): Promise<void> {
  const { jobId, reason, action, body } = letter;
  const fields = ["job_id", jobId, "reason", reason, "action", action, "body", body];
  await redis.xadd(keys.deadLetters, "MAXLEN", "~", keep, "*", ...fields);
}

/** The newest first. */
export async function listDeadLetters(
  redis: ScriptedRedis,
  count: number,
): Promise<KeptDeadLetter[]> {
  const entries = (await redis.xrevrange(keys.deadLetters, "+", "-", "COUNT", count)) as RawEntry[];
  return entries.map(toLetter);
}

export async function showDeadLetter(
  redis: ScriptedRedis,
  id: string,
): Promise<KeptDeadLetter | undefined> {
  if (!/^\d+-\d+$/.test(id)) return undefined;
  const [entry] = (await redis.xrange(keys.deadLetters, id, id)) as RawEntry[];
  return entry && toLetter(entry);
}

export type Replayed =
  | { readonly word: "replayed"; readonly jobId: JobId }
  | { readonly word: "unknown" | "unreadable" | "full" };

/**
 * Sends the message of a dead letter again, as a job of its own: the old one has ended, and a job ends once.
 * The outbox brings it to the broker. The letter is dropped.
 */
export async function replayDeadLetter(redis: ScriptedRedis, id: string): Promise<Replayed> {
  const letter = await showDeadLetter(redis, id);
  if (!letter) return { word: "unknown" };
  const envelope = readEnvelope(letter.body);
  if (!envelope) return { word: "unreadable" };
  const jobId = newJobId();
  const now = new Date();
  const job = { ...envelope.kwargs, job_id: jobId, submitted_at: now.toISOString() };
  const accepted = await accept(redis, {
    jobId,
    chatId: job.session_id,
    userId: job.user_id,
    message: job.message,
    imageUrl: job.image_url,
    submittedAt: job.submitted_at,
    queuedData: queuedEvent(jobId, (now.getTime() / 1000).toFixed(2), "%POSITION%"),
    envelope: JSON.stringify(jobEnvelope(job, envelope.labels)),
    shard: shardOf(jobId, stream.shardCount),
    doubleTexting: "enqueue",
    idempotency: undefined,
  });
  if (accepted.word !== "accepted") return { word: "full" };
  await redis.xdel(keys.deadLetters, id);
  return { word: "replayed", jobId };
}

/** The job a queue message is about, also where the rest of the message is not usable. */
export function readJobId(body: string): JobId | undefined {
  const Named = v.object({ task_id: v.optional(v.unknown()), kwargs: v.optional(v.unknown()) });
  const named = v.safeParse(Named, parseJson(body));
  if (!named.success) return undefined;
  const inKwargs = v.safeParse(v.object({ job_id: JobId }), named.output.kwargs);
  if (inKwargs.success) return inKwargs.output.job_id;
  const asTask = v.safeParse(JobId, named.output.task_id);
  return asTask.success ? asTask.output : undefined;
}

function readEnvelope(body: string): JobEnvelope | undefined {
  const envelope = v.safeParse(JobEnvelope, parseJson(body));
  return envelope.success ? envelope.output : undefined;
}

function toLetter([id, fields]: RawEntry): KeptDeadLetter {
  const field = (name: string) => fieldOf(fields ?? [], name) ?? "";
  return {
    id,
    at: new Date(Number(id.split("-")[0])).toISOString(),
    jobId: field("job_id"),
    reason: field("reason"),
    action: field("action"),
    body: field("body"),
  };
}
