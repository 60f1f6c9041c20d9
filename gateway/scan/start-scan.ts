import { createHash } from "node:crypto";
import * as v from "valibot";
import { epochSeconds } from "../../shared/clock.ts";
import { queuedEvent } from "../../shared/contract/build-events.ts";
import { ChatId, newJobId, shardOf } from "../../shared/contract/ids.ts";
import { jobEnvelope } from "../../shared/contract/job.ts";
import { ScanStarted } from "../../shared/contract/scan.ts";
import { AppError } from "../../shared/errors.ts";
import { input, stream, wait } from "../../shared/limits.ts";
import { formatTraceparent } from "../../shared/trace.ts";
import type { Handle } from "../deps.ts";
import { readJson } from "../http/body.ts";
import {
  acceptOrWithdraw,
  checkBudget,
  idempotencyKeyOf,
  submitFailed,
} from "../http/send-message.ts";
import { TooMany } from "../limits/limits.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { publishJob } from "../queue.ts";
import { isReadyWithin } from "../stores.ts";
import { readScan, ScanBody } from "./scan-body.ts";

const base = "/api/v1/scan";

/** POST a picture: a job of the same queue and log as a message, in a chat of its own so that it waits for nobody. */
export const startScan: Handle = async (c, deps) => {
  const { userId } = c.get("principal");
  const { imageUrl, userInput, model } = readScan(
    await readJson(c.req.raw),
    (url) => deps.images?.isOwn(url) ?? false,
  );
  const header = "X-Idempotency-Key";
  const idempotencyKey = idempotencyKeyOf(c.req.header(header), header);
  if (!(await isReadyWithin(deps.redis, wait.readyMs))) throw submitFailed();
  if (model !== "local") await checkBudget(deps, userId, idempotencyKey);

  const jobId = newJobId();
  const chatId = v.parse(ChatId, jobId);
  const labels = { traceparent: formatTraceparent(c.get("trace")) };
  const submittedAt = new Date(deps.clock.wallMs()).toISOString();
  const message = userInput ?? "";
  const envelope = JSON.stringify(
    jobEnvelope(
      {
        kind: "scan",
        job_id: jobId,
        session_id: chatId,
        user_id: userId,
        message,
        image_url: imageUrl,
        user_location: null,
        model,
        interactive: false,
        submitted_at: submittedAt,
      },
      labels,
    ),
  );
  const bodyHash = createHash("sha256").update(JSON.stringify([imageUrl, userInput, model]));
  const accepted = await acceptOrWithdraw(deps, {
    isScan: true,
    jobId,
    chatId,
    userId,
    message,
    imageUrl,
    submittedAt,
    queuedData: queuedEvent(jobId, epochSeconds(deps.clock), "%POSITION%"),
    envelope,
    shard: shardOf(jobId, stream.shardCount),
    doubleTexting: "enqueue",
    idempotency:
      idempotencyKey === undefined
        ? undefined
        : { key: idempotencyKey, bodyHash: bodyHash.digest("hex") },
    trace: labels.traceparent,
    maxUserJobs: deps.limits.jobsAtOnce,
  });
  deps.metrics.jobs.inc({ result: accepted.word });
  const answer = (id: string) =>
    c.json({
      job_id: id,
      stream_url: `${base}/${id}/events`,
      result_url: `${base}/${id}/result`,
      status: "queued",
    });
  switch (accepted.word) {
    case "accepted":
      await publishJob(deps, jobId, envelope, accepted.outboxId, labels);
      return answer(jobId);
    case "repeated":
      return answer(accepted.jobId);
    case "conflict":
      throw new AppError("IDEMPOTENCY_CONFLICT");
    case "limited":
      throw new TooMany("jobs at once", 2);
    case "busy":
    case "full":
      throw submitFailed();
  }
};

export const startScanDoc: RouteDoc = {
  summary: "Scan a photographed thing",
  description:
    "The picture must have been uploaded here first. stream_url and result_url are paths. Accepted means durable: the scan " +
    "runs, or ends with a result that says why not.",
  tag: "scan",
  headers: {
    "X-Idempotency-Key": v.optional(
      v.pipe(
        v.string(),
        v.minLength(1),
        v.maxLength(input.idempotencyKeyChars),
        v.description("Printable ASCII. The same key and body within an hour are the same job."),
      ),
    ),
  },
  body: ScanBody,
  answers: { 200: { about: "the job that looks at it", body: ScanStarted } },
  errors: [
    "IMAGE_URL_REQUIRED",
    "UNSUPPORTED_MODEL",
    "IMAGE_HOST_NOT_ALLOWED",
    "IDEMPOTENCY_CONFLICT",
    "JOB_SUBMIT_FAILED",
    "BUDGET_EXHAUSTED",
  ],
};
