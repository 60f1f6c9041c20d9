import * as v from "valibot";
import { JobState } from "../../shared/contract/api.ts";
import { DoneEvent, StageEvent } from "../../shared/contract/event.ts";
import { keys } from "../../shared/keys.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { jobIdOf } from "./params.ts";
import { requireJob } from "./require-job.ts";

const State = v.variant("stage", [DoneEvent, StageEvent]);

function readState(state: string | null) {
  if (state === null) return undefined;
  const parsed = v.safeParse(State, JSON.parse(state));
  return parsed.success ? parsed.output : undefined;
}

/** GET where a job stands. */
export const jobStatus: Handle = async (c, deps) => {
  const jobId = jobIdOf(c);
  const job = await requireJob(deps, jobId, c.get("principal").userId);
  const isStored = job.place === "rows";
  const state = readState(isStored ? job.ending.data : await deps.redis.get(keys.state(jobId)));
  const result = state?.stage === "done" ? state.result : null;
  return c.json({
    job_id: jobId,
    status: isStored ? job.ending.status : job.status,
    progress: state?.progress ?? 0,
    current_stage: state?.stage ?? null,
    result,
    error: result?.error_code ?? null,
  });
};

export const jobStatusDoc: RouteDoc = {
  summary: "Where a job stands",
  tag: "chat",
  answers: { 200: { about: "its state, and its result once it ended", body: JobState } },
  errors: ["JOB_NOT_FOUND"],
};
