import { JobRun } from "../../shared/contract/api.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { jobIdOf } from "./params.ts";
import { requireJob } from "./require-job.ts";

/** GET how a finished job ran: nodes, times, policies, fallbacks, usage. Kept for an hour after the end. */
export const readRun: Handle = async (c, deps) => {
  const jobId = jobIdOf(c);
  const job = await requireJob(deps, jobId, c.get("principal").userId);
  const record = job.place === "redis" ? await deps.redis.get(keys.run(jobId)) : null;
  if (record === null) {
    throw new AppError("NOT_FOUND", { detail: "the job has not ended, or ended too long ago" });
  }
  return c.body(record, 200, { "content-type": "application/json" });
};

export const readRunDoc: RouteDoc = {
  summary: "How a finished job ran",
  description:
    "Nodes, times, policies, fallbacks, usage; no texts. Kept for an hour after the end.",
  tag: "chat",
  answers: { 200: { about: "the record of its last attempt", body: JobRun } },
  errors: ["JOB_NOT_FOUND", "NOT_FOUND"],
};
