import type { Character as CatalogCharacter } from "../../shared/characters/catalog.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Job, Location } from "../../shared/contract/job.ts";
import type { Stage, StageStatus, SubAgent } from "../../shared/contract/stages.ts";
import type { Log } from "../../shared/log.ts";
import type { Characters } from "../knowledge/characters.ts";
import type { CollectionLookup } from "../knowledge/collection-lookup.ts";
import type { PriceLookup } from "../knowledge/price-lookup.ts";
import type { Retrieval } from "../knowledge/retrieve.ts";
import type { Knowledge } from "../knowledge/schema.ts";
import type { Place } from "../../shared/places/place.ts";
import type { CollectionPointFact, DistrictFact, ServiceFact } from "../llm/facts.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import type { ModelClient } from "../llm/model-client.ts";
import type { Person } from "./ask-person.ts";
import type { TextCache } from "./intent/cache.ts";
import type { Executor } from "./executor.ts";
import type { Policies } from "./policies.ts";
import type { Why } from "./routing.ts";
import type { NodeResult, State } from "./state.ts";
import type { Summary } from "../memory/compress.ts";
import type { MemoryMessage } from "../memory/message.ts";
import type { Advise } from "./waste-advice.ts";

export interface Query {
  /** The part of the message this is about. */
  readonly text: string;
  readonly job: Job;
  /** Class of what the picture shows, when one was looked at. */
  readonly seen: string | null;
  /** Asked for, or only to make another answer better. */
  readonly why: Why;
  /** Where the person is; undefined when unknown or of no use here. */
  readonly place: Place | undefined;
  /** Why the location that came is of no use. */
  readonly placeProblem: string | undefined;
  /** What the person chose when asked. */
  readonly choice: string | undefined;
  /** The job's model, for function calls; undefined in the offline mode. */
  readonly model: ModelClient | undefined;
  readonly log: Log;
}

/** An outside service. Undefined result: it had nothing to say. Missing service: not configured. */
export type Service<Fact = ServiceFact> = (
  query: Query,
  signal: AbortSignal,
) => Promise<Fact | undefined>;

export interface Services {
  readonly location: Service;
  /** Places an operator imported: where the place search is not set up or does not answer. */
  readonly ownPlaces: Service;
  readonly weather: Service;
  readonly web_search: Service;
  readonly image_generation: Service;
  /** What a municipality charges for large things. */
  readonly fees: Service;
  /** How a district takes large things. */
  readonly disposal: Service<DistrictFact>;
  /** Collection points by address, for one kind of box or for all. */
  readonly points: (itemType: string | undefined) => Service<CollectionPointFact>;
  /** Likewise, of the imported data. */
  readonly ownPoints: (itemType: string | undefined) => Service<CollectionPointFact>;
}

export type Vision = (
  imageUrl: string,
  signal: AbortSignal,
  model: ModelClient | undefined,
) => Promise<string | undefined>;

/** What every run of this process shares. */
export interface Tools {
  readonly knowledge: Knowledge;
  readonly retrieval: Retrieval;
  readonly advise: Advise;
  readonly characters: Characters;
  /** Whom a class earns, by the catalogue that scans go by. Absent where there is none. */
  readonly matchCharacter?: (label: string) => Promise<CatalogCharacter | undefined>;
  readonly prices: PriceLookup;
  readonly collection: CollectionLookup;
  readonly executor: Executor;
  readonly services: Partial<Services>;
  /** Hosts that links and pictures of an answer may point to, besides our own. */
  readonly linkHosts: readonly string[];
  /** Says what a picture shows, as a class name; undefined when it is nothing to throw away. */
  readonly vision: Vision | undefined;
  readonly policies: Policies;
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
  /** What was said before, where the graph keeps no memory of its own. */
  readonly before?: {
    readonly messages: readonly MemoryMessage[];
    readonly summary: Summary | null;
  };
  /** How the answer node asks the model; undefined: as a chat does. */
  readonly promptFor?: (state: State) => Prompt;
  /** Number of this attempt: the right to write the chat's memory. */
  readonly attempt?: number;
  /** The job's model for everything but the answer; undefined in the offline mode. */
  readonly model?: ModelClient | undefined;
  /** Absent where nobody can be asked. */
  readonly person?: Person | undefined;
  /** What the person answered to questions of this run. */
  readonly told?: { location: Location | undefined };
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
  /** How a node went; for the record of the run. */
  note?(result: NodeResult): void;
  /** Per run, from 1. */
  nextSequence(): number;
}
