import * as v from "valibot";
import { JobId } from "../shared/contract/ids.ts";
import { type Job, JobEnvelope } from "../shared/contract/job.ts";
import { parseTraceparent, type TraceContext } from "../shared/trace.ts";

export type Parsed =
  | { readonly word: "job"; readonly job: Job; readonly trace: TraceContext | undefined }
  | { readonly word: "health" }
  /** `jobId`: whose job it would have been, where that much can be read. */
  | { readonly word: "malformed"; readonly jobId: JobId | undefined };

const Named = v.object({ task_name: v.string() });
const Identified = v.union([
  v.pipe(
    v.object({ kwargs: v.object({ job_id: JobId }) }),
    v.transform(({ kwargs }) => kwargs.job_id),
  ),
  v.pipe(
    v.object({ task_id: JobId }),
    v.transform(({ task_id }) => task_id),
  ),
]);

/** Reads a queue message leniently: fields we do not know are dropped. */
export function parseDelivery(body: Uint8Array | null): Parsed {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body ?? new Uint8Array()));
  } catch {
    return { word: "malformed", jobId: undefined };
  }
  const envelope = v.safeParse(JobEnvelope, data);
  if (envelope.success) {
    const { kwargs, labels } = envelope.output;
    return { word: "job", job: kwargs, trace: parseTraceparent(labels["traceparent"]) };
  }
  const named = v.safeParse(Named, data);
  if (named.success && named.output.task_name === "chat.health") return { word: "health" };
  const identified = v.safeParse(Identified, data);
  return { word: "malformed", jobId: identified.success ? identified.output : undefined };
}
