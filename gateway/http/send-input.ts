import * as v from "valibot";
import { Job } from "../../shared/contract/job.ts";
import { AppError } from "../../shared/errors.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "./body.ts";
import { jobIdOf } from "./params.ts";
import { requireJob } from "./require-job.ts";

const Input = v.variant("type", [
  v.object({ type: v.literal("location"), data: v.nonNullish(Job.entries.user_location) }),
  v.object({ type: v.literal("confirmation"), data: v.object({ confirmed: v.boolean() }) }),
  v.object({ type: v.literal("selection"), data: v.object({ value: v.string() }) }),
  v.object({ type: v.literal("cancel"), data: v.nullish(v.unknown()) }),
]);

/** POST what a waiting job asked for. No job asks yet, so none waits. */
export const sendInput: Handle = async (c, deps) => {
  const jobId = jobIdOf(c);
  validate(Input, await readJson(c.req.raw));
  await requireJob(deps, jobId, c.get("principal").userId);
  throw new AppError("JOB_NOT_WAITING");
};
