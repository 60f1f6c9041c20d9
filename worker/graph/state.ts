import { Annotation } from "@langchain/langgraph/web";
import type { Job, Location } from "../../shared/contract/job.ts";
import type { Intent, SubAgent } from "../../shared/contract/stages.ts";
import type {
  BulkWasteFact,
  CharacterFact,
  CollectionPointFact,
  PriceFact,
  ServiceFact,
  WasteAdvice,
} from "../llm/facts.ts";
import { memory as limits } from "../../shared/limits.ts";
import { type MemoryMessage, memoryIds } from "../memory/message.ts";
import type { Summary } from "../memory/compress.ts";
import { type Context, reduceContext, type Reset, reset } from "./context.ts";
import { contextFields } from "./contracts.ts";
import type { Status } from "./executor.ts";

export interface DisposalRules {
  readonly advice: readonly WasteAdvice[];
  readonly method: string;
  /** The character of the first recyclable thing, for a light ending. */
  readonly mascot: CharacterFact | undefined;
}

/** How one node went; for metadata and the inspection of a run. */
export interface NodeResult {
  readonly node: SubAgent | "vision";
  readonly status: Status | "skipped";
  readonly error: string | undefined;
  readonly duration_ms: number;
  /** Tries after the first. */
  readonly retry_count: number;
}

/** What one turn was about; for turns that refer back. */
export interface Topic {
  readonly job: string;
  readonly intent: Intent;
  /** Things the message named, or that were meant. */
  readonly things: readonly string[];
  /** The message, complete without the turns before it. */
  readonly ask: string;
}

/** Takes the message with this id away. */
export type Removal = { readonly id: string; readonly remove: true };

const last = <Value>(initial: Value) =>
  Annotation<Value>({ reducer: (_, update) => update, default: () => initial });
/** Keeps the newest `most` of what turn after turn adds. */
const recent = <Value>(most: number) =>
  Annotation<Value[], Value[]>({
    reducer: (before, added) => [...before, ...added].slice(-most),
    default: () => [],
  });
const context = <Data>() =>
  Annotation<Context<Data> | null, Context<Data> | Reset | null>({
    reducer: reduceContext,
    default: () => null,
  });

/** What flows between the nodes. A node returns only the channels it owns. */
export const State = Annotation.Root({
  // input of the turn
  job_id: Annotation<string>,
  session_id: Annotation<string>,
  user_id: Annotation<string>,
  message: Annotation<string>,
  image_url: last<string | null>(null),
  user_location: last<Location | null>(null),
  // intent
  intent: last<Intent>("general"),
  intent_confidence: last(0),
  is_complex: last(false),
  has_multi_intent: last(false),
  additional_intents: last<readonly Intent[]>([]),
  /** The part of the message each intent is about, the primary first; empty for a single intent. */
  decomposed_queries: last<readonly string[]>([]),
  /** What a sub-agent looks at: set for each by the router. */
  current_query: last(""),
  intent_history: recent<Intent>(limits.intents),
  topics: Annotation<Topic[], Topic[]>({
    // a job that runs again replaces what it had noted
    reducer: (before, added) =>
      [...before.filter(({ job }) => !added.some((one) => one.job === job)), ...added].slice(
        -limits.topics,
      ),
    default: () => [],
  }),
  /** The message with what it refers to put in; equal to it when it refers to nothing. */
  standalone_message: last(""),
  detected_character: last<string | null>(null),
  // vision
  classification_result: last<string | null>(null),
  vision_error: last<string | null>(null),
  // what the sub-agents found
  disposal_rules: context<DisposalRules>(),
  character_context: context<readonly CharacterFact[]>(),
  location_context: context<ServiceFact>(),
  bulk_waste_context: context<BulkWasteFact>(),
  weather_context: context<ServiceFact>(),
  recyclable_price_context: context<PriceFact>(),
  collection_point_context: context<readonly CollectionPointFact[]>(),
  web_search_results: context<ServiceFact>(),
  image_generation_context: context<ServiceFact>(),
  general_context: context<Record<string, never>>(),
  node_results: Annotation<NodeResult[], NodeResult[] | Reset>({
    reducer: (before, added) => ("_reset" in added ? [] : [...before, ...added]),
    default: () => [],
  }),
  /** What only the person knows and was not told: the answer asks for it. */
  unmet_needs: Annotation<readonly string[], readonly string[] | Reset>({
    reducer: (before, added) => ("_reset" in added ? [] : [...new Set([...before, ...added])]),
    default: () => [],
  }),
  // aggregator
  needs_fallback: last(false),
  missing_required_contexts: last<readonly string[]>([]),
  // feedback
  rag_quality_score: last<number | null>(null),
  rag_feedback: last<string | null>(null),
  fallback_used: last(false),
  /** Other ways that were taken, in order. */
  fallback_strategies: Annotation<readonly string[], readonly string[] | Reset>({
    reducer: (before, added) => ("_reset" in added ? [] : [...before, ...added]),
    default: () => [],
  }),
  // memory and output
  messages: Annotation<MemoryMessage[], (MemoryMessage | Removal)[]>({
    reducer: (before, updates) => {
      const touched = new Set(updates.map(({ id }) => id));
      return [
        ...before.filter(({ id }) => !touched.has(id)),
        ...updates.flatMap((update) => ("remove" in update ? [] : update)),
      ];
    },
    default: () => [],
  }),
  summary: last<Summary | null>(null),
  answer: last(""),
});
export type State = typeof State.State;
export type Update = typeof State.Update;

/**
 * What a turn starts from: everything the turn before found is cleared, its memory stays. `missing`: turns the
 * memory does not know of.
 */
export function turnInput(job: Job, missing: readonly MemoryMessage[] = []): Update {
  const cleared = Object.fromEntries(contextFields.map((field) => [field, reset]));
  return {
    ...cleared,
    node_results: reset,
    job_id: job.job_id,
    session_id: job.session_id,
    user_id: job.user_id,
    message: job.message,
    image_url: job.image_url,
    user_location: job.user_location,
    additional_intents: [],
    decomposed_queries: [],
    current_query: "",
    standalone_message: "",
    classification_result: null,
    vision_error: null,
    unmet_needs: reset,
    fallback_strategies: reset,
    needs_fallback: false,
    missing_required_contexts: [],
    rag_quality_score: null,
    rag_feedback: null,
    fallback_used: false,
    answer: "",
    messages: [...missing, { id: memoryIds(job.job_id).user, role: "user", content: job.message }],
  };
}
