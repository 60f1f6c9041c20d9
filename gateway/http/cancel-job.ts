import { Cancelling } from "../../shared/contract/api.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { endJob, type EndedBy } from "../../shared/end-job.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { doneOf } from "../pending.ts";
import { jobIdOf } from "./params.ts";
import { requireJob } from "./require-job.ts";

/** Ends a job as cancelled and tells its worker, which would notice by itself within `job.renewMs`. */
export async function endAndTell(
  { redis, pubsub }: Pick<Deps, "redis" | "pubsub">,
  jobId: JobId,
): Promise<EndedBy> {
  const ended = await endJob(redis, jobId, "cancelled", "CANCELLED");
  if (ended.word === "ended-now" && ended.worker !== "" && pubsub.status === "ready") {
    pubsub.publish(keys.worker(ended.worker), jobId).catch(() => undefined);
  }
  return ended;
}

/** POST: stops a job. The receipt says what the reader holds at the end; asking again gives the same one. */
export const cancelJob: Handle = async (c, deps) => {
  const jobId = jobIdOf(c);
  const job = await requireJob(deps, jobId, c.get("principal").userId);
  if (job.place === "rows") throw new AppError("JOB_FINISHED");
  const ended = await endAndTell(deps, jobId);
  const receipt = (lastEventId: string, tokens: number) =>
    c.json({ status: "cancelling", job_id: jobId, last_event_id: lastEventId, tokens }, 202);
  switch (ended.word) {
    case "ended-now":
      return receipt(ended.eventId, ended.answer.tokens);
    case "ended-before": {
      if (ended.status !== "cancelled") throw new AppError("JOB_FINISHED");
      const done = doneOf(await deps.redis.get(keys.state(jobId)));
      if (!done) throw new AppError("JOB_FINISHED");
      return receipt(done.stream_id, done.result.tokens);
    }
    case "unknown":
    case "early":
      throw new AppError("JOB_NOT_FOUND");
  }
};

export const cancelJobDoc: RouteDoc = {
  summary: "Stop a job",
  description: "Its text so far is kept. Asking again gives the same receipt.",
  tag: "chat",
  answers: { 202: { about: "the receipt", body: Cancelling } },
  errors: ["JOB_NOT_FOUND", "JOB_FINISHED"],
};
