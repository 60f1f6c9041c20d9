import * as v from "valibot";
import type { JobId } from "../../shared/contract/ids.ts";
import {
  Classification,
  FinalAnswer,
  Reward,
  Rules,
  type ScanStage,
} from "../../shared/contract/scan.ts";
import { keys } from "../../shared/keys.ts";
import { scan } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import keepLua from "./keep-checkpoint.lua" with { type: "text" };
import { stages, type WorkStage } from "./policies.ts";

/** What the stages found so far; null is a finding too. */
export interface Found {
  vision?: Classification;
  rule?: Rules | null;
  answer?: FinalAnswer;
  reward?: Reward | null;
}

const schemas = {
  vision: Classification,
  rule: v.nullable(Rules),
  answer: FinalAnswer,
  reward: v.nullable(Reward),
} as const satisfies Record<WorkStage, v.GenericSchema>;

/** What earlier attempts finished. One an older version wrote, and that does not fit, is done again with what follows. */
export async function readCheckpoints(redis: ScriptedRedis, jobId: JobId): Promise<Found> {
  const stored = await redis.mget(stages.map((stage) => keys.scanCheckpoint(jobId, stage)));
  const found: Found = {};
  for (const [i, stage] of stages.entries()) {
    const text = stored[i];
    if (!text) break;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schemas[stage]), text);
    if (!parsed.success) break;
    Object.assign(found, { [stage]: parsed.output });
  }
  return found;
}

/** Keeps what a stage found before anybody hears of it. */
export async function keepCheckpoint(
  redis: ScriptedRedis,
  jobId: JobId,
  attempt: number,
  stage: WorkStage,
  value: unknown,
): Promise<"kept" | "stale" | "ended"> {
  const place = keys.scanCheckpoint(jobId, stage);
  const json = JSON.stringify(value);
  const word = await redis.eval(
    keepLua,
    2,
    keys.job(jobId),
    place,
    attempt,
    json,
    scan.checkpointSeconds,
  );
  if (word === "kept" || word === "stale" || word === "ended") return word;
  throw new Error(`keep-checkpoint answered ${String(word)}`);
}

/** `seq`s of the stage events earlier attempts put into the log: what was told is not told again. */
export async function readTold(redis: ScriptedRedis, jobId: JobId): Promise<Set<string>> {
  const told = new Set<string>();
  for (const [, fields] of await redis.xrange(keys.log(jobId), "-", "+")) {
    const data = fields[fields.indexOf("data") + 1] ?? "{}";
    const { stage, status } = JSON.parse(data) as { stage?: ScanStage; status?: string };
    told.add(`${stage} ${status}`);
  }
  return told;
}
