import { compareEventIds, type JobId, parseEventId } from "../shared/contract/ids.ts";
import type { Relayed } from "../shared/scripts.ts";
import { traceOf } from "./trace-batch.ts";

/** A shard entry as Redis gives it: id, and fields and values in turn (null: deleted while pending). */
export type RawEntry = [id: string, fields: string[] | null];

/** A live message is cut when it would grow above this, at an entry border. */
const messageChars = 256 * 1024;

interface JobBatch {
  readonly messages: string[];
  lastId: string;
  stateId: string;
  stateData: string;
}

/** What one shard read becomes: a message per job, the marks to set, the entries to acknowledge. */
export interface Batch {
  /** Every entry of the read, good or not. */
  readonly entryIds: string[];
  readonly jobs: Map<string, JobBatch>;
  /** Entries by event name, for the metrics. */
  readonly events: Map<string, number>;
  /** Entries a worker put a `traceparent` beside. */
  readonly traced: {
    readonly jobId: string;
    readonly event: string;
    readonly data: string;
    readonly trace: string;
  }[];
  /** Entries that can never be relayed, with the names of their fields. */
  readonly poison: { readonly entryId: string; readonly fields: string[] }[];
  /** Entries that left the stream before they were acknowledged; always empty unless something else trims. */
  readonly vanished: string[];
  /** Entries at or below their job's watermark: relayed before. */
  readonly known: string[];
}

/** Value of a field wherever it stands; writers put them in one order, other versions may not. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/**
 * Groups entries per job, in order. `watermarks`: last id relayed per job, where entries may have been relayed
 * before. Runs once per token: no parsing, no closures.
 */
export function collect(
  entries: readonly RawEntry[],
  watermarks?: ReadonlyMap<string, string>,
): Batch {
  const batch: Batch = {
    entryIds: [],
    jobs: new Map(),
    events: new Map(),
    traced: [],
    poison: [],
    vanished: [],
    known: [],
  };
  for (const [entryId, fields] of entries) {
    batch.entryIds.push(entryId);
    if (fields === null) {
      batch.vanished.push(entryId);
      continue;
    }
    const inOrder =
      fields[0] === "job_id" && fields[2] === "id" && fields[4] === "event" && fields[6] === "data";
    const jobId = inOrder ? fields[1] : fieldOf(fields, "job_id");
    const id = inOrder ? fields[3] : fieldOf(fields, "id");
    const event = inOrder ? fields[5] : fieldOf(fields, "event");
    const data = inOrder ? fields[7] : fieldOf(fields, "data");
    if (!jobId || !id || !event || !data || !isSound(id, event, data)) {
      batch.poison.push({ entryId, fields: fields.filter((_, i) => i % 2 === 0) });
      continue;
    }
    const watermark = watermarks?.get(jobId);
    if (watermark !== undefined && !isAbove(id, watermark)) {
      batch.known.push(entryId);
      continue;
    }
    batch.events.set(event, (batch.events.get(event) ?? 0) + 1);
    if (fields.length > 8) {
      const trace = traceOf(fieldOf(fields, "internal"));
      if (trace !== undefined) batch.traced.push({ jobId, event, data, trace });
    }
    addTo(batch.jobs, jobId, id, event, data);
  }
  return batch;
}

/** False for what would break the lines of a live message, or could not be compared with a watermark. */
function isSound(id: string, event: string, data: string): boolean {
  for (let i = 0; i < id.length; i++) {
    const char = id.charCodeAt(i);
    if ((char < 48 || char > 57) && char !== 45) return false;
  }
  const dash = id.indexOf("-");
  if (dash < 1 || dash !== id.lastIndexOf("-") || dash === id.length - 1) return false;
  return !event.includes(" ") && !event.includes("\n") && !data.includes("\n");
}

function addTo(
  jobs: Map<string, JobBatch>,
  jobId: string,
  id: string,
  event: string,
  data: string,
): void {
  const line = `${id} ${event} ${data}`;
  let job = jobs.get(jobId);
  if (job === undefined) {
    job = { messages: [line], lastId: id, stateId: "", stateData: "" };
    jobs.set(jobId, job);
  } else {
    const last = job.messages.length - 1;
    const open = job.messages[last] ?? "";
    if (open.length + line.length < messageChars) job.messages[last] = `${open}\n${line}`;
    else job.messages.push(line);
    job.lastId = id;
  }
  // text of the answer is not a state: a late reader asks for the latest stage, or the ending
  if (event === "token" || event === "token_recovery") return;
  job.stateId = id;
  job.stateData = data;
}

/** Is event id `a` above `b`. Unreadable marks count as lower. */
export function isAbove(a: string, b: string): boolean {
  const first = parseEventId(a);
  const second = parseEventId(b);
  if (!first || !second) return first !== undefined;
  return compareEventIds(first, second) > 0;
}

/** The marks of a published batch. */
export function marksOf(batch: Batch): Relayed[] {
  const marks: Relayed[] = [];
  for (const [jobId, job] of batch.jobs) {
    const state = job.stateId === "" ? undefined : { id: job.stateId, data: job.stateData };
    marks.push({ jobId: jobId as JobId, lastId: job.lastId, state });
  }
  return marks;
}

/** Job ids of entries, each once: whose watermarks to ask for. */
export function jobIdsOf(entries: readonly RawEntry[]): string[] {
  const ids = new Set<string>();
  for (const [, fields] of entries) {
    const jobId = fields && fieldOf(fields, "job_id");
    if (jobId) ids.add(jobId);
  }
  return [...ids];
}
