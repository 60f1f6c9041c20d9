import * as v from "valibot";
import { JobId } from "../../shared/contract/ids.ts";
import { ScanProcessing, ScanResult } from "../../shared/contract/scan.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { scan } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import { asAppError } from "../http/fail.ts";
import { requireJob } from "../http/require-job.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

const State = v.object({
  stage: v.string(),
  progress: v.number(),
  result: v.nullish(v.record(v.string(), v.unknown()), null),
});

/**
 * GET what a scan found. The job's state is read: the append of `done` sets it in the same step, so whoever saw
 * `done` finds the result.
 */
export const scanResult: Handle = async (c, deps) => {
  const jobId = v.safeParse(JobId, c.req.param("job_id"));
  if (!jobId.success) throw notFound();
  try {
    await requireJob(deps, jobId.output, c.get("principal").userId, "scan");
  } catch (cause) {
    throw asAppError(cause).code === "JOB_NOT_FOUND" ? notFound() : cause;
  }
  const stored = await deps.redis.get(keys.state(jobId.output));
  if (stored === null) throw notFound();
  const state = v.parse(State, JSON.parse(stored));
  if (state.stage === "done") return c.json(state.result);
  c.header("Retry-After", String(scan.retryAfterSeconds));
  const { stage, progress } = state;
  const message = "사진을 분석하고 있어요.";
  return c.json({ status: "processing", message, current_stage: stage, progress }, 202);
};

const notFound = () => new AppError("RESULT_NOT_FOUND");

export const scanResultDoc: RouteDoc = {
  summary: "What a scan found",
  description: "Kept for an hour. Whoever saw `done` finds the result.",
  tag: "scan",
  params: { job_id: v.string() },
  answers: {
    200: { about: "the result, of a scan that failed too", body: ScanResult },
    202: {
      about: "not there yet",
      body: ScanProcessing,
      headers: { "Retry-After": "Seconds until the next look is of use." },
    },
  },
  errors: ["RESULT_NOT_FOUND"],
};
