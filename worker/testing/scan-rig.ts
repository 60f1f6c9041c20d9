import { systemClock as clock } from "../../shared/clock.ts";
import type { ScanJob } from "../../shared/contract/job.ts";
import { ChatId, newJobId } from "../../shared/contract/ids.ts";
import { recordFields, recordFromJob } from "../../shared/job-record.ts";
import { take } from "../../shared/scripts.ts";
import { createExecutor } from "../graph/executor.ts";
import { createTools } from "../graph/tools.ts";
import type { Chosen } from "../llm/choose.ts";
import { localLlm } from "../llm/local.ts";
import type { ModelClient } from "../llm/model-client.ts";
import { createMetrics } from "../metrics.ts";
import type { RunEnd } from "../run.ts";
import { createScanMetrics } from "../scan/metrics.ts";
import { scanPolicies } from "../scan/policies.ts";
import { runScan } from "../scan/run-scan.ts";
import type { ScanTools } from "../scan/scan-context.ts";
import { scanTools } from "../scan/scan-tools.ts";
import * as v from "valibot";
import { acceptJob, type Logged, newJob, quiet, readLog } from "./jobs.ts";
import { leaseRig } from "./lease-rig.ts";

const shared = createTools(clock);
const picture = { bytes: new Uint8Array([1]), mimeType: "image/png" };
/** No pause between tries. */
const policies = {
  ...scanPolicies,
  vision: { ...scanPolicies.vision, retryPauseMs: 1, timeoutMs: 2000 },
  answer: { ...scanPolicies.answer, retryPauseMs: 1, timeoutMs: 2000 },
};

/** Scan tools with the real knowledge base, and nothing of the outside world but what is given. */
export function testScanTools(over: Partial<ScanTools> = {}): ScanTools {
  const outside = { fetchImage: async () => picture, reward: async () => null };
  return { ...scanTools(shared, outside), executor: createExecutor(), policies, ...over };
}

export function newScan(over: Partial<ScanJob> = {}): ScanJob {
  const jobId = newJobId();
  const { kind: _, ...common } = newJob({
    job_id: jobId,
    session_id: v.parse(ChatId, jobId),
    message: "",
    image_url: "https://images.eco2.example/1.png",
  });
  return { ...common, kind: "scan", ...over };
}

/** For `describe`: a Redis, and scans on it. */
export function scanRig() {
  const rig = leaseRig();

  const attempt = async (
    job: ScanJob,
    how: {
      readonly model?: ModelClient;
      readonly tools?: Partial<ScanTools>;
      readonly msLeft?: number;
    } = {},
  ): Promise<{ readonly ended: Promise<RunEnd>; readonly kill: () => void }> => {
    const taken = await take(rig.redis, {
      jobId: job.job_id,
      chatId: job.session_id,
      worker: "w1",
      redelivered: true,
      record: recordFields(recordFromJob(job)),
    });
    if (taken.word !== "taken") throw new Error(taken.word);
    const leases = rig.hold("w1");
    const handback = new AbortController();
    const chosen: Chosen = {
      llm: localLlm(),
      client: how.model,
      provider: how.model ? how.model.provider : "local",
      model: how.model?.model ?? "local",
      note: undefined,
    };
    const metrics = createMetrics();
    const ended = runScan(
      job,
      { ...taken, msLeft: how.msLeft ?? taken.msLeft },
      {
        redis: rig.redis,
        choose: () => chosen,
        leases,
        clock,
        log: quiet,
        metrics,
        scan: { tools: testScanTools(how.tools), metrics: createScanMetrics(metrics.registry) },
      },
      handback.signal,
    );
    return { ended, kill: () => handback.abort() };
  };

  return {
    get redis() {
      return rig.redis;
    },
    attempt,
    /** Accepts a scan as the gateway does. */
    accept: async (over: Partial<ScanJob> = {}): Promise<ScanJob> => {
      const job = newScan(over);
      await acceptJob(rig.redis, job);
      return job;
    },
    log: (job: ScanJob): Promise<Logged[]> => readLog(rig.redis, job.job_id),
  };
}

/** `stage status seq` of every event. */
export const told = (log: readonly Logged[]) =>
  log.map(
    ({ data }) => `${String(data["stage"])} ${String(data["status"])} ${String(data["seq"])}`,
  );
