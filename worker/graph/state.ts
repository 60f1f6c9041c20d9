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
import type { Turn } from "../llm/llm.ts";
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
}

/** A message of the chat's memory. */
export type MemoryMessage = Turn & { readonly id: string };
/** Takes the message with this id away. */
export type Removal = { readonly id: string; readonly remove: true };

const last = <Value>(initial: Value) =>
  Annotation<Value>({ reducer: (_, update) => update, default: () => initial });
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
  intent_history: Annotation<Intent[], Intent[]>({
    reducer: (before, added) => [...before, ...added],
    default: () => [],
  }),
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
  node_results: Annotation<NodeResult[], NodeResult[]>({
    reducer: (before, added) => [...before, ...added],
    default: () => [],
  }),
  // aggregator
  needs_fallback: last(false),
  missing_required_contexts: last<readonly string[]>([]),
  // feedback
  rag_quality_score: last<number | null>(null),
  rag_feedback: last<string | null>(null),
  fallback_used: last(false),
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
  summary: last<string | null>(null),
  answer: last(""),
});
export type State = typeof State.State;
export type Update = typeof State.Update;

/** What a turn starts from: everything the turn before found is cleared, its memory stays. */
export function turnInput(job: Job): Update {
  const cleared = Object.fromEntries(contextFields.map((field) => [field, reset]));
  return {
    ...cleared,
    job_id: job.job_id,
    session_id: job.session_id,
    user_id: job.user_id,
    message: job.message,
    image_url: job.image_url,
    user_location: job.user_location,
    classification_result: null,
    vision_error: null,
    answer: "",
    messages: [{ id: `${job.job_id}:user`, role: "user", content: job.message }],
  };
}
