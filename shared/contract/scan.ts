// A scan: one photographed thing, from its picture to what to do with it and the character earned.
import * as v from "valibot";
import type { Outcome, JobRecord } from "./build-events.ts";
import { endingMessages } from "./ending-messages.ts";
import { type EventId, formatEventId, JobId } from "./ids.ts";
import { type StageStatus, statusOffset } from "./stages.ts";

/** Stages in the order that gives their `seq`: order × 10 + offset of the status. */
export const scanStageOrder = { queued: 0, vision: 1, rule: 2, answer: 3, reward: 4 } as const;
export type ScanStage = keyof typeof scanStageOrder;
export const scanDoneSeq = 51;

export function scanStageSeq(stage: ScanStage, status: StageStatus): number {
  return scanStageOrder[stage] * 10 + statusOffset[status];
}

/** Models a client may name; without one it is the worker's default. */
export const scanModels = [
  "gpt-5.2",
  "gpt-5.2-instant",
  "gpt-5.2-pro",
  "gpt-5.1",
  "gpt-5",
  "gpt-5-mini",
  "gpt-4o",
  "gpt-4o-mini",
  "gemini-3-pro-preview",
  "gemini-3-flash-preview",
  "gemini-2.5-pro",
  "gemini-2.5-flash",
] as const;

/** What the picture shows. */
export const Classification = v.object({
  classification: v.object({
    major_category: v.string(),
    middle_category: v.string(),
    /** Never null: the client prints it inside a sentence. */
    minor_category: v.string(),
  }),
  /** The state it is in. */
  situation_tags: v.array(v.string()),
  meta: v.object({ user_input: v.nullable(v.string()) }),
});
export type Classification = v.InferOutput<typeof Classification>;

/** The rule of its class, narrowed to the thing where the thing is known. */
export const Rules = v.object({
  /** `재활용폐기물_종이`, or the major class alone. */
  name: v.string(),
  rule_id: v.string(),
  item: v.nullable(v.string()),
  summary: v.string(),
  steps: v.array(v.string()),
  destination: v.string(),
  destination_fallback: v.nullable(v.string()),
  notes: v.nullable(v.string()),
  /** What the state changes. */
  state_advice: v.array(v.string()),
  /** The class its state sends it to instead. */
  reroute: v.nullable(v.string()),
  warnings: v.array(v.string()),
  exceptions: v.array(v.object({ what: v.string(), goes_to: v.string() })),
  /** Its state makes the usual steps dangerous: only warnings, and whom to ask. */
  is_unsafe: v.boolean(),
  /** A loss, not a chore: the notes alone are said. */
  is_gentle: v.boolean(),
});
export type Rules = v.InferOutput<typeof Rules>;

export const maxSteps = 10;

export const FinalAnswer = v.object({
  /** `단계1` … `단계10`, without gaps. */
  disposal_steps: v.record(v.string(), v.string()),
  /** What is still to be done before it is thrown away. */
  insufficiencies: v.array(v.string()),
  user_answer: v.string(),
});
export type FinalAnswer = v.InferOutput<typeof FinalAnswer>;

/** The character earned, whether it was known already or not. */
export const Reward = v.object({
  name: v.string(),
  dialog: v.string(),
  match_reason: v.string(),
  type: v.string(),
});
export type Reward = v.InferOutput<typeof Reward>;

/** What went wrong with a scan; the texts beside them are for people. */
export const scanErrorMessages = {
  VISION_NOT_CONFIGURED:
    "사진을 알아보는 기능이 아직 설정되지 않았어요. 무엇인지 글로 적어 주시면 찾아볼게요.",
  IMAGE_TYPE_NOT_SEEN: "이 형식의 사진은 알아볼 수 없어요. JPEG이나 PNG로 올려 주세요.",
  IMAGE_UNAVAILABLE: "사진을 불러오지 못했어요. 다시 찍어서 올려 주세요.",
  VISION_FAILED: "사진을 알아보지 못했어요. 잠시 뒤 다시 시도해 주세요.",
  STAGE_FAILED: "분석하는 중 문제가 생겼어요. 잠시 뒤 다시 시도해 주세요.",
} as const;
export type ScanErrorCode = keyof typeof scanErrorMessages;

/** What a client polls, and what `done` carries. */
export const ScanResult = v.object({
  task_id: JobId,
  status: v.picklist(["completed", "failed"]),
  message: v.string(),
  pipeline_result: v.nullable(
    v.object({
      classification_result: Classification,
      disposal_rules: v.nullable(Rules),
      final_answer: FinalAnswer,
    }),
  ),
  /** Null, never missing: the client tests for null. */
  reward: v.nullable(Reward),
  error: v.nullable(v.object({ code: v.string(), message: v.string() })),
  metadata: v.record(v.string(), v.unknown()),
});
export type ScanResult = v.InferOutput<typeof ScanResult>;

export const ScanStarted = v.object({
  job_id: JobId,
  stream_url: v.string(),
  result_url: v.string(),
  status: v.literal("queued"),
});

export const ScanProcessing = v.object({
  status: v.literal("processing"),
  message: v.string(),
  current_stage: v.string(),
  progress: v.number(),
});

export const ScanStageEvent = v.object({
  job_id: JobId,
  stream_id: v.string(),
  stage: v.picklist(Object.keys(scanStageOrder) as ScanStage[]),
  status: v.string(),
  seq: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(49)),
  ts: v.string(),
  progress: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  result: v.nullable(v.record(v.string(), v.unknown())),
  message: v.string(),
});

/** Status `completed` however it ended: the client goes for the result on nothing else. */
export const ScanDoneEvent = v.object({
  job_id: JobId,
  stream_id: v.string(),
  stage: v.literal("done"),
  status: v.literal("completed"),
  seq: v.literal(scanDoneSeq),
  ts: v.string(),
  progress: v.literal(100),
  result: ScanResult,
  message: v.string(),
});
type ScanDoneEvent = v.InferOutput<typeof ScanDoneEvent>;

/** What a scan found, for `Outcome.metadata`. */
export type ScanOutcome = Pick<ScanResult, "pipeline_result" | "reward" | "error" | "metadata">;

/** The last event of a scan. Nothing of it becomes a row, so persistence gets nothing. */
export function buildScanDone(
  record: Pick<JobRecord, "jobId">,
  at: EventId,
  outcome: Pick<Outcome, "ending" | "errorCode" | "metadata">,
  nowMs: number,
): { data: string; internal: string } {
  const found = outcome.metadata as Partial<ScanOutcome>;
  const isCompleted = outcome.ending === "completed" && outcome.errorCode === undefined;
  const code = outcome.errorCode ?? "INTERNAL";
  const error = found.error ?? { code, message: endingMessages[code] };
  const result: ScanResult = {
    task_id: record.jobId,
    status: isCompleted ? "completed" : "failed",
    message: isCompleted ? "분석을 마쳤어요." : error.message,
    pipeline_result: (isCompleted && found.pipeline_result) || null,
    reward: (isCompleted && found.reward) || null,
    error: isCompleted ? null : error,
    metadata: found.metadata ?? {},
  };
  const done: ScanDoneEvent = {
    job_id: record.jobId,
    stream_id: formatEventId(at),
    stage: "done",
    status: "completed",
    seq: scanDoneSeq,
    ts: (nowMs / 1000).toFixed(2),
    progress: 100,
    result,
    message: result.message,
  };
  return { data: JSON.stringify(done), internal: "" };
}
