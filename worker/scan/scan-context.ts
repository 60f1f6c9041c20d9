import type { Log } from "../../shared/log.ts";
import type { Job } from "../../shared/contract/job.ts";
import type { Reward as Given } from "../../shared/contract/scan.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import type { FetchImage } from "../fetch-image.ts";
import type { Executor } from "../graph/executor.ts";
import type { Advise } from "../graph/waste-advice.ts";
import type { Retrieval } from "../knowledge/retrieve.ts";
import type { Knowledge } from "../knowledge/schema.ts";
import type { ModelClient } from "../llm/model-client.ts";
import type { Usage } from "../llm/usage.ts";
import type { WorkStage } from "./policies.ts";
import type { Policy } from "../graph/policies.ts";

/** What a scan is to earn a character by. */
interface RewardInput {
  readonly classification: {
    readonly major_category: string;
    readonly middle_category: string;
    readonly minor_category: string | null;
  };
  readonly hasRules: boolean;
  readonly insufficiencies: readonly string[];
}

/** Gives the character earned, once however often it is called; null: none. */
export type Reward = (userId: UserId, found: RewardInput) => Promise<Given | null>;

/** What every scan of this process shares. */
export interface ScanTools {
  readonly knowledge: Knowledge;
  readonly retrieval: Retrieval;
  readonly advise: Advise;
  readonly executor: Executor;
  readonly policies: Readonly<Record<WorkStage, Policy>>;
  readonly fetchImage: FetchImage;
  /** Hosts that links in an answer may point to. */
  readonly linkHosts: readonly string[];
  readonly reward: Reward;
}

/** What one scan brings along. */
export interface ScanRun {
  readonly job: Job;
  /** Undefined in the offline mode. */
  readonly model: ModelClient | undefined;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Before and after a call of the model; throws when the scan used too much. */
  readonly begin: () => void;
  readonly used: (usage: Usage) => void;
}
