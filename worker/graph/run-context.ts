import type { Clock } from "../../shared/clock.ts";
import type { Job } from "../../shared/contract/job.ts";
import type { Stage, StageStatus, SubAgent } from "../../shared/contract/stages.ts";
import type { Log } from "../../shared/log.ts";
import type { Characters } from "../knowledge/characters.ts";
import type { CollectionLookup } from "../knowledge/collection-lookup.ts";
import type { PriceLookup } from "../knowledge/price-lookup.ts";
import type { Retrieval } from "../knowledge/retrieve.ts";
import type { Knowledge } from "../knowledge/schema.ts";
import type { ServiceFact } from "../llm/facts.ts";
import type { Llm } from "../llm/llm.ts";
import type { ModelClient } from "../llm/model-client.ts";
import type { TextCache } from "./intent/cache.ts";
import type { Executor } from "./executor.ts";
import type { Advise } from "./waste-advice.ts";

export interface Query {
  /** The part of the message this is about. */
  readonly text: string;
  readonly job: Job;
  /** Class of what the picture shows, when one was looked at. */
  readonly seen: string | null;
}

/** An outside service. Undefined result: it had nothing to say. Missing service: not configured. */
type Service = (query: Query, signal: AbortSignal) => Promise<ServiceFact | undefined>;
type ServiceName = "location" | "weather" | "web_search" | "image_generation" | "fees";

/** What every run of this process shares. */
export interface Tools {
  readonly knowledge: Knowledge;
  readonly retrieval: Retrieval;
  readonly advise: Advise;
  readonly characters: Characters;
  readonly prices: PriceLookup;
  readonly collection: CollectionLookup;
  readonly executor: Executor;
  readonly services: Partial<Readonly<Record<ServiceName, Service>>>;
  /** Says what a picture shows, as a class name. */
  readonly vision: ((imageUrl: string, signal: AbortSignal) => Promise<string>) | undefined;
  /** What messages without a history ask for. */
  readonly intentCache?: TextCache | undefined;
  readonly clock: Clock;
  readonly observe?: (node: SubAgent, status: string, seconds: number) => void;
}

/** What one run brings along; never part of the state, which must survive as data. */
export interface RunContext {
  readonly job: Job;
  readonly llm: Llm;
  /** Which model `llm` is: sizes what the chat's memory may hold. `local` has no words of its own. */
  readonly modelName?: string;
  /** Number of this attempt: the right to write the chat's memory. */
  readonly attempt?: number;
  /** The job's model for everything but the answer; undefined in the offline mode. */
  readonly model?: ModelClient | undefined;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Monotonic milliseconds when the run began. */
  readonly beganMs: number;
  stage(
    stage: Exclude<Stage, "done">,
    status: StageStatus,
    result?: Record<string, unknown>,
    message?: string,
  ): void;
  /** How many sub-agents the router sent; for progress. */
  plan(count: number): void;
  token(text: string): void;
  room(): Promise<void> | undefined;
  /** Per run, from 1. */
  nextSequence(): number;
}
