import { systemClock as clock } from "../../shared/clock.ts";
import type { Job } from "../../shared/contract/job.ts";
import { recordFields, recordFromJob } from "../../shared/job-record.ts";
import { type Attempt, type ScriptedRedis, take } from "../../shared/scripts.ts";
import { createEmit, type Emit } from "../emit.ts";
import { acceptJob, newJob, quiet } from "./jobs.ts";

export const completed = {
  ending: "completed",
  errorCode: undefined,
  intent: "waste",
  metadata: {},
} as const;

/** Takes a job, a new one if none is given, and opens its log. */
export async function begin(
  redis: ScriptedRedis,
  over: { through?: ScriptedRedis; fullWaitMs?: number; job?: Job; redelivered?: boolean } = {},
): Promise<{ job: Job; attempt: Attempt; emit: Emit; refused: string[] }> {
  const job = over.job ?? newJob();
  if (!over.job) await acceptJob(redis, job);
  const record = recordFromJob(job);
  const taken = await take(redis, {
    jobId: job.job_id,
    chatId: job.session_id,
    worker: "w",
    redelivered: over.redelivered ?? false,
    record: recordFields(record),
  });
  if (taken.word !== "taken") throw new Error(taken.word);
  const refused: string[] = [];
  const emit = createEmit({
    redis: over.through ?? redis,
    record,
    attempt: taken.attempt,
    tries: taken.tries,
    lastTokenSeq: taken.lastTokenSeq,
    progress: taken.progress,
    clock,
    log: quiet,
    onRefused: (why) => refused.push(why),
    retryMs: 1,
    ...(over.fullWaitMs === undefined ? {} : { fullWaitMs: over.fullWaitMs }),
  });
  return { job, attempt: taken, emit, refused };
}

/** Argument `i` of the first job of an append: the number of keys, the keys and what all jobs share stand before it. */
function jobArg(args: readonly (string | number)[], i: number): string | number | undefined {
  return args[1 + Number(args[0]) + 5 + i];
}

/** The snapshot an append brings, "" for none. */
export const snapshotOf = (args: readonly (string | number)[]) => String(jobArg(args, 6));

/** The same client with every append passing through `how`; with `except`, not those that end with that event. */
export function intercept(
  redis: ScriptedRedis,
  how: (call: () => Promise<string>, args: readonly (string | number)[]) => Promise<string>,
  except?: "done",
): ScriptedRedis {
  return new Proxy(redis, {
    get(target, name) {
      if (name === "eco2Append") {
        return async (...args: (string | number)[]) => {
          const call = () => target.eco2Append(...args).then(([word = ""]) => word);
          const ending = jobArg(args, 3);
          return [await (except && ending !== "" ? call() : how(call, args))];
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
