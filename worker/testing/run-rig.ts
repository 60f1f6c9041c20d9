import { systemClock as clock } from "../../shared/clock.ts";
import type { AgentJob, Job } from "../../shared/contract/job.ts";
import { recordFields, recordFromJob } from "../../shared/job-record.ts";
import { type Attempt, take } from "../../shared/scripts.ts";
import { buildAgent } from "../graph/graph.ts";
import type { Policies } from "../graph/policies.ts";
import type { Services } from "../graph/run-context.ts";
import { createTools } from "../graph/tools.ts";
import type { Chosen } from "../llm/choose.ts";
import { localLlm } from "../llm/local.ts";
import { createMetrics } from "../metrics.ts";
import { type RunDeps, type RunEnd, runJob } from "../run.ts";
import { acceptJob, type Logged, newJob, quiet, readLog } from "./jobs.ts";
import { leaseRig } from "./lease-rig.ts";

interface Running {
  readonly job: Job;
  readonly ended: Promise<RunEnd>;
  /** As if the worker died: nothing of it is heard again. */
  readonly kill: () => void;
}

/** For `describe`: a Redis, and runs of the real graph on it, one worker for each. */
export function runRig() {
  const rig = leaseRig();

  const start = async (
    job: Job,
    over: {
      readonly worker?: string;
      readonly redelivered?: boolean;
      readonly services?: Partial<Services>;
      readonly policies?: Policies;
      readonly chosen?: Chosen;
      readonly deps?: Partial<RunDeps>;
      readonly attempt?: Partial<Attempt>;
      readonly renewMs?: number;
    } = {},
  ): Promise<Running> => {
    const worker = over.worker ?? "w1";
    const record = recordFields(recordFromJob(job));
    const { job_id: jobId, session_id: chatId } = job;
    const redelivered = over.redelivered ?? false;
    const taken = await take(rig.redis, { jobId, chatId, worker, redelivered, record });
    if (taken.word !== "taken") throw new Error(taken.word);
    const leases = rig.hold(worker, over.renewMs);
    const handback = new AbortController();
    const chosen: Chosen = { llm: localLlm(), provider: "local", model: "local", note: undefined };
    const ended = runJob(
      job,
      { ...taken, ...over.attempt },
      {
        redis: rig.redis,
        agent: buildAgent(
          createTools(clock, {
            services: over.services ?? {},
            ...(over.policies && { policies: over.policies }),
          }),
        ),
        choose: () => over.chosen ?? chosen,
        leases,
        clock,
        log: quiet,
        metrics: createMetrics(),
        ...over.deps,
      },
      handback.signal,
    );
    return { job, ended, kill: () => handback.abort() };
  };

  return {
    get redis() {
      return rig.redis;
    },
    start,
    /** Accepts a job as the gateway does and starts it. */
    send: async (over: Partial<AgentJob>, how: Parameters<typeof start>[1] = {}) => {
      const job = newJob(over);
      await acceptJob(rig.redis, job);
      return start(job, how);
    },
    log: (job: Job): Promise<Logged[]> => readLog(rig.redis, job.job_id),
    /** `stage status` of every stage event, in order. */
    stages: async (job: Job): Promise<string[]> => {
      const log = await readLog(rig.redis, job.job_id);
      return log
        .filter(({ event }) => event !== "token" && event !== "token_recovery")
        .map(({ data }) => `${String(data["stage"])} ${String(data["status"])}`);
    },
  };
}
