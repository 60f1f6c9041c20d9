import * as v from "valibot";
import { Received } from "../../shared/contract/api.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { answer, HumanInput } from "../../shared/human-input.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { invalid, readJson, validate } from "./body.ts";
import { jobIdOf } from "./params.ts";
import { requireJob } from "./require-job.ts";

/** Which question is answered; without it the one that is open. */
const Which = v.object({ request_id: v.optional(v.pipe(v.string(), v.maxLength(64))) });
const Options = v.pipe(v.string(), v.parseJson(), v.array(v.string()));

/**
 * POST what a waiting job asked for. The first valid answer wins: later ones, and ones nobody waits for, are
 * `JOB_NOT_WAITING`; an answer of another kind than asked for is `VALIDATION_ERROR` and changes nothing.
 */
export const sendInput: Handle = async (c, deps) => {
  const jobId = jobIdOf(c);
  const body = await readJson(c.req.raw);
  const input = validate(HumanInput, body);
  const { request_id: requestId } = validate(Which, body);
  const job = await requireJob(deps, jobId, c.get("principal").userId);
  if (job.place === "rows") throw new AppError("JOB_FINISHED");
  if (input.type === "selection") await requireOffered(deps, jobId, input.data.value);
  const answered = await answer(deps.redis, jobId, input, requestId);
  switch (answered.word) {
    case "received":
      tellWorker(deps, answered.worker, jobId);
      return c.json({ status: "received", job_id: jobId });
    case "wrong-type":
      throw invalid([{ path: "type", message: `must be ${answered.asked} or cancel` }]);
    case "not-waiting":
      throw new AppError("JOB_NOT_WAITING");
    case "ended":
      throw new AppError("JOB_FINISHED");
  }
};

/** A choice has to be one of those offered, where any were. */
async function requireOffered({ redis }: Deps, jobId: JobId, value: string): Promise<void> {
  const [type, options] = await redis.hmget(keys.input(jobId), "type", "options");
  const offered = v.safeParse(Options, options);
  if (type !== "selection" || !offered.success || offered.output.length === 0) return;
  if (offered.output.includes(value)) return;
  throw invalid([{ path: "data.value", message: "must be one of the options" }]);
}

/** A hint: the worker looks by itself within a second. */
function tellWorker({ pubsub }: Deps, worker: string, jobId: JobId): void {
  if (worker === "" || pubsub.status !== "ready") return;
  pubsub.publish(keys.worker(worker), jobId).catch(() => undefined);
}

export const sendInputDoc: RouteDoc = {
  summary: "Answer what a job asks for",
  description:
    "The first valid answer wins. `cancel` declines any question. A choice is one of those offered.",
  tag: "chat",
  body: v.variant(
    "type",
    HumanInput.options.map((option) => v.object({ ...option.entries, ...Which.entries })),
  ),
  answers: { 200: { about: "taken", body: Received } },
  errors: ["JOB_NOT_FOUND", "JOB_NOT_WAITING", "JOB_FINISHED"],
};
