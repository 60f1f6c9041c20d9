import type { Stage, StageStatus } from "../shared/contract/stages.ts";
import type { NodeResult } from "./graph/state.ts";
import type { Chosen } from "./llm/choose.ts";
import type { JobMeter } from "./llm/meter.ts";

interface Step {
  readonly stage: Stage;
  readonly status: StageStatus;
  /** Since the attempt began. */
  readonly at_ms: number;
}

/** How one attempt ran, for `GET …/run`: no texts, no places, nothing of the person. */
export interface RunRecord {
  readonly job_id: string;
  readonly attempt: number;
  readonly status: "completed" | "failed";
  readonly error_code: string | null;
  readonly duration_ms: number;
  readonly first_token_ms: number | null;
  readonly intents: readonly string[];
  readonly nodes: readonly NodeResult[];
  readonly steps: readonly Step[];
  /** Ways taken because another did not work. */
  readonly fallbacks: readonly { readonly stage: Stage; readonly result: unknown }[];
  readonly policies: Readonly<Record<string, unknown>>;
  readonly model: Readonly<Record<string, unknown>>;
  readonly usage: unknown;
}

const maxSteps = 200;

/** Notes what happens while a run goes. */
export function createNotes(now: () => number) {
  const steps: Step[] = [];
  const nodes: NodeResult[] = [];
  const fallbacks: RunRecord["fallbacks"][number][] = [];
  let firstTokenMs: number | null = null;
  return {
    stage: (stage: Stage, status: StageStatus, result?: Record<string, unknown>) => {
      if (steps.length < maxSteps) steps.push({ stage, status, at_ms: Math.round(now()) });
      if (status === "fallback") fallbacks.push({ stage, result: result ?? null });
    },
    node: (result: NodeResult) => void nodes.push(result),
    firstToken: () => {
      firstTokenMs ??= Math.round(now());
    },
    nodes: (): readonly NodeResult[] => nodes,
    record: (
      end: Omit<RunRecord, "duration_ms" | "first_token_ms" | "nodes" | "steps" | "fallbacks">,
    ): RunRecord => ({
      ...end,
      duration_ms: Math.round(now()),
      first_token_ms: firstTokenMs,
      nodes,
      steps,
      fallbacks,
    }),
  };
}
export type Notes = ReturnType<typeof createNotes>;

/** Who answered, and who was asked first when that was another. */
export function modelOf(chosen: Chosen, switched: ReturnType<JobMeter["lastSwitch"]>) {
  return {
    model: switched?.model ?? chosen.model,
    provider: switched?.provider ?? chosen.provider,
    ...(chosen.note === undefined ? {} : { model_note: chosen.note }),
    ...(switched && {
      provider_fallback: { from: switched.from, to: switched.to, reason: switched.reason },
    }),
  };
}
