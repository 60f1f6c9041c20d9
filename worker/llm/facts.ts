// What the nodes found, as data: `local` composes its answer from it, real models get it as text.
import type { Intent, SubAgent } from "../../shared/contract/stages.ts";

/** Everything known about throwing one thing away, the state it is in already applied. */
export interface WasteAdvice {
  /** The thing; undefined when only its class is known. */
  readonly item: string | undefined;
  /** What the person called it. */
  readonly matched: string;
  readonly major: string;
  readonly middle: string;
  /** "영수증은 종이로 버려?": whether it goes where the question supposes; undefined when it supposes nothing. */
  readonly asked: "yes" | "no" | "depends" | undefined;
  readonly summary: string;
  readonly steps: readonly string[];
  readonly destination: string;
  readonly destinationFallback: string | undefined;
  readonly notes: string | undefined;
  /** What the state the person described changes, safety first. */
  readonly stateAdvice: readonly string[];
  /** Class the described state sends it to instead. */
  readonly reroute: string | undefined;
  readonly hazard: "none" | "fire" | "toxic" | "sharp";
  /** The state described makes the usual steps dangerous: only warnings and whom to ask. */
  readonly isUnsafe: boolean;
  /** A loss, not a chore: the note alone is said. */
  readonly isGentle: boolean;
  /** Warnings, the worst first. */
  readonly warnings: readonly string[];
  readonly exceptions: readonly { readonly what: string; readonly goesTo: string }[];
  readonly alternatives: readonly { readonly when: string; readonly goesTo: string }[];
  readonly confidence: "A" | "B" | "C";
  readonly localNote: string | undefined;
  /** Id of the rule, for the sources line. */
  readonly ruleId: string;
  readonly score: number;
}

export interface CharacterFact {
  readonly name: string;
  readonly code: string;
  readonly label: string | undefined;
  readonly personality: string;
  readonly lines: readonly string[];
}

export interface PriceFact {
  readonly region: string;
  readonly found: readonly {
    readonly name: string;
    readonly unit: string;
    /** Undefined while no survey is loaded. */
    readonly price: number | undefined;
    readonly surveyed: string | undefined;
  }[];
  /** Asked for, and not part of the survey. */
  readonly notSurveyed: readonly string[];
  /** The question is about a bottle deposit, which is paid back and has no price. */
  readonly isDeposit: boolean;
  /** What is paid back for the bottles asked about. */
  readonly refund: string | undefined;
  /** Everything that is surveyed, for a question that named nothing. */
  readonly catalogue: readonly string[];
}

export interface CollectionPointFact {
  readonly name: string;
  readonly where: readonly string[];
  readonly accepts: readonly string[];
  readonly rejects: readonly string[];
  readonly ask: readonly string[];
  readonly note: string | undefined;
}

/** What a municipality says about its own district. */
export interface DistrictFact {
  readonly name: string;
  readonly lines: readonly string[];
}

export interface BulkWasteFact {
  readonly items: readonly {
    readonly name: string;
    readonly isAppliance: boolean;
    readonly notes: string | undefined;
  }[];
  readonly steps: readonly string[];
  readonly freePickup: string | undefined;
  /** Municipal fees, when that service answered. */
  readonly fees: readonly string[] | undefined;
  readonly localNote: string | undefined;
  /** What the district itself says, when it is known. */
  readonly district?: DistrictFact | undefined;
}

/** What an outside service said, ready to be read. */
export interface ServiceFact {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Something that was asked for and could not be had. */
export interface Missing {
  readonly node: SubAgent | "vision" | "fees";
  readonly reason: "not_configured" | "failed" | "not_found";
}

export interface Facts {
  /** The question with what earlier turns lent it; undefined when it stands alone. */
  readonly understood?: string | undefined;
  /** The primary intent first. */
  readonly intents: readonly Intent[];
  readonly waste: readonly WasteAdvice[];
  /** Character of the first recyclable thing. */
  readonly mascot: CharacterFact | undefined;
  readonly characters: readonly CharacterFact[];
  readonly prices: PriceFact | undefined;
  readonly collectionPoints: readonly CollectionPointFact[];
  readonly bulkWaste: BulkWasteFact | undefined;
  readonly services: readonly ServiceFact[];
  readonly missing: readonly Missing[];
  /** What only the person can say, as questions. */
  readonly asks?: readonly string[];
  /** A required fact is missing: the answer says so. */
  readonly isLimited: boolean;
}

export const noFacts: Facts = {
  intents: ["general"],
  waste: [],
  mascot: undefined,
  characters: [],
  prices: undefined,
  collectionPoints: [],
  bulkWaste: undefined,
  services: [],
  missing: [],
  isLimited: false,
};
