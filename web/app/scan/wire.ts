/** Steps of a scan, in the order they light up. */
export const stages = ["vision", "rule", "answer", "reward"] as const;
export type Stage = (typeof stages)[number];

export interface Started {
  readonly job_id: string;
  readonly stream_url: string;
  readonly result_url: string;
}
export interface StageEvent {
  readonly stage: string;
  readonly status: "started" | "completed" | "failed";
}

export interface Result {
  readonly status: string;
  readonly pipeline_result: {
    readonly classification_result: {
      readonly classification: {
        readonly major_category: string;
        readonly middle_category: string;
        readonly minor_category: string | null;
      };
    };
    readonly final_answer: {
      /** `단계1` … in the order of their names. */
      readonly disposal_steps: Readonly<Record<string, string | null>>;
      readonly insufficiencies: readonly string[];
      readonly user_answer: string;
    };
  } | null;
  readonly reward: {
    readonly name: string;
    readonly dialog: string;
    readonly type?: string;
  } | null;
  readonly error: { readonly code: string } | null;
}
