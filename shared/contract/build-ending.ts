import { buildDone, type JobRecord, type Outcome } from "./build-events.ts";
import type { EventId } from "./ids.ts";
import { buildScanDone } from "./scan.ts";

/** The last event of a job of whatever kind, and what persistence needs of it ("" for nothing). */
export function buildEnding(
  record: JobRecord,
  at: EventId,
  outcome: Outcome,
  nowMs: number,
): { data: string; internal: string } {
  return record.kind === "scan"
    ? buildScanDone(record, at, outcome, nowMs)
    : buildDone(record, at, outcome, nowMs);
}
