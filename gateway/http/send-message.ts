import { createHash } from "node:crypto";
import * as v from "valibot";
import { epochSeconds } from "../../shared/clock.ts";
import { Submitted } from "../../shared/contract/api.ts";
import { queuedEvent } from "../../shared/contract/build-events.ts";
import { type ChatId, newJobId, shardOf, type UserId } from "../../shared/contract/ids.ts";
import { jobEnvelope } from "../../shared/contract/job.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { input, stream, wait } from "../../shared/limits.ts";
import { formatTraceparent } from "../../shared/trace.ts";
import { accept, type Accepted, type AcceptInput, idempotencyPlace } from "../../shared/scripts.ts";
import { requireOwner } from "../chat-owner.ts";
import type { Deps, Handle } from "../deps.ts";
import { jobIdsIn } from "../job-ids.ts";
import { TooMany } from "../limits/limits.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { publishJob } from "../queue.ts";
import { isReadyWithin, within } from "../stores.ts";
import { withdraw } from "../withdraw.ts";
import { invalid, readJson, validate } from "./body.ts";
import { endAndTell } from "./cancel-job.ts";
import { asAppError } from "./fail.ts";
import { requireImageUrl } from "./image-url.ts";
import { type Message, Message as MessageBody } from "./message-body.ts";
import { chatIdOf } from "./params.ts";

/** POST a message: records the job, hands it to the queue, answers where its events are. */
export const sendMessage: Handle = async (c, deps) => {
  const chatId = chatIdOf(c);
  const { userId } = c.get("principal");
  const body = validate(MessageBody, await readJson(c.req.raw));
  requireImageUrl(body.image_url, deps);
  if (body.message.trim() === "") throw new AppError("MESSAGE_REQUIRED");
  const idempotencyKey = idempotencyKeyOf(c.req.header("idempotency-key"));
  // before anything is sent: what waits in the client would be carried out later
  if (!(await isReadyWithin(deps.redis, wait.readyMs))) throw submitFailed();
  await ownerInTime(deps, chatId, userId);
  if (body.model !== "local") await checkBudget(deps, userId, idempotencyKey);

  const jobId = newJobId();
  const labels = { traceparent: formatTraceparent(c.get("trace")) };
  const submittedAt = new Date(deps.clock.wallMs()).toISOString();
  const { double_texting: doubleTexting, ...asked } = body;
  const job = { ...asked, job_id: jobId, session_id: chatId, user_id: userId };
  const envelope = JSON.stringify(jobEnvelope({ ...job, submitted_at: submittedAt }, labels));
  const idempotency =
    idempotencyKey === undefined
      ? undefined
      : { key: idempotencyKey, bodyHash: hashOf(chatId, body) };
  const acceptInput: AcceptInput = {
    jobId,
    chatId,
    userId,
    message: body.message,
    imageUrl: body.image_url,
    submittedAt,
    queuedData: queuedEvent(jobId, epochSeconds(deps.clock), "%POSITION%"),
    envelope,
    shard: shardOf(jobId, stream.shardCount),
    doubleTexting: doubleTexting === "reject" ? "reject" : "enqueue",
    idempotency,
    trace: labels.traceparent,
    maxUserJobs: deps.limits.jobsAtOnce,
  };
  if (doubleTexting === "interrupt") await interrupt(deps, acceptInput);
  const accepted = await acceptOrWithdraw(deps, acceptInput);
  deps.metrics.jobs.inc({ result: accepted.word });
  const answer = (id: string, position: number) =>
    c.json({
      job_id: id,
      stream_url: `/api/v1/chat/${id}/events`,
      status: "submitted",
      ...(position > 0 ? { position } : {}),
    });
  switch (accepted.word) {
    case "accepted":
      await publishJob(deps, jobId, envelope, accepted.outboxId, labels);
      return answer(jobId, accepted.position);
    case "repeated":
      return answer(accepted.jobId, 0);
    case "busy":
      throw new AppError("CHAT_BUSY");
    case "conflict":
      throw new AppError("IDEMPOTENCY_CONFLICT");
    case "full":
      throw submitFailed();
    case "limited":
      throw new TooMany("jobs at once", 2);
  }
};

/** Throws `BUDGET_EXHAUSTED`; not for a message sent a second time: its job is there, and may be what used it up. */
export async function checkBudget(
  deps: Deps,
  userId: UserId,
  key: string | undefined,
): Promise<void> {
  try {
    await deps.budget.check(userId);
  } catch (cause) {
    const known = key !== undefined && (await deps.redis.exists(keys.idempotency(userId, key)));
    if (known !== 1) throw cause;
  }
}

export const submitFailed = (cause?: unknown) =>
  new AppError("JOB_SUBMIT_FAILED", { retryAfterSeconds: 2, cause });

/** Throws `CHAT_NOT_FOUND`, or `JOB_SUBMIT_FAILED` when no store can say. */
async function ownerInTime(deps: Deps, chatId: ChatId, userId: UserId): Promise<void> {
  try {
    await within(wait.acceptMs, requireOwner(deps, chatId, userId), "the chat store");
  } catch (cause) {
    throw asAppError(cause).code === "UNAVAILABLE" ? submitFailed(cause) : cause;
  }
}

/** Throws `JOB_SUBMIT_FAILED`; the job is then taken back, or was never there. */
export async function acceptOrWithdraw(deps: Deps, asked: AcceptInput): Promise<Accepted> {
  try {
    return await within(wait.acceptMs, accept(deps.redis, asked), "the job store");
  } catch (cause) {
    deps.metrics.jobs.inc({ result: "failed" });
    const { jobId, chatId } = asked;
    void withdraw(deps, jobId, chatId, idempotencyPlace(asked).key); // on the same connection, so it comes after the accept
    throw submitFailed(cause);
  }
}

/** Ends the job whose turn it is in the chat. Not for a message sent a second time: its own job would be hit. */
async function interrupt(deps: Deps, { chatId, userId, idempotency }: AcceptInput): Promise<void> {
  const [running] = jobIdsIn([await deps.redis.lindex(keys.turns(chatId), 0)]);
  if (!running) return;
  // asked after the head: whoever put it there had written its key by then
  const isRepeated =
    idempotency && (await deps.redis.exists(keys.idempotency(userId, idempotency.key))) === 1;
  if (!isRepeated) await endAndTell(deps, running);
}

/** Throws `VALIDATION_ERROR` unless it is printable ASCII of a sensible length. */
export function idempotencyKeyOf(
  header: string | undefined,
  name = "Idempotency-Key",
): string | undefined {
  if (header === undefined) return undefined;
  const max = input.idempotencyKeyChars;
  if (header.length <= max && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(header)) return header;
  const message = `must be 1 to ${max} printable ASCII characters`;
  throw invalid([{ path: name, message }]);
}

function hashOf(chatId: ChatId, body: Message): string {
  return createHash("sha256")
    .update(JSON.stringify([chatId, body]))
    .digest("hex");
}

export const sendMessageDoc: RouteDoc = {
  summary: "Send a message",
  description:
    "Accepted means durable: the job runs, or ends with an error event. Its events are at stream_url.",
  tag: "chat",
  headers: {
    "Idempotency-Key": v.optional(
      v.pipe(
        v.string(),
        v.minLength(1),
        v.maxLength(input.idempotencyKeyChars),
        v.description("Printable ASCII. The same key and body within 24 h are the same job."),
      ),
    ),
  },
  body: MessageBody,
  answers: { 200: { about: "the job that answers", body: Submitted } },
  errors: [
    "MESSAGE_REQUIRED",
    "CHAT_NOT_FOUND",
    "CHAT_BUSY",
    "IDEMPOTENCY_CONFLICT",
    "JOB_SUBMIT_FAILED",
    "BUDGET_EXHAUSTED",
  ],
};
