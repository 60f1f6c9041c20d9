import { type Intent, intents, type SubAgent, subAgents } from "../../shared/contract/stages.ts";
import { AppError } from "../../shared/errors.ts";

/** Channels that hold what a node found. */
export const contextFields = [
  "disposal_rules",
  "character_context",
  "location_context",
  "bulk_waste_context",
  "weather_context",
  "recyclable_price_context",
  "collection_point_context",
  "web_search_results",
  "image_generation_context",
  "general_context",
] as const;
export type ContextField = (typeof contextFields)[number];

/** Which channel a node fills. */
export const fieldOf = {
  waste_rag: "disposal_rules",
  character: "character_context",
  location: "location_context",
  bulk_waste: "bulk_waste_context",
  weather: "weather_context",
  recyclable_price: "recyclable_price_context",
  collection_point: "collection_point_context",
  web_search: "web_search_results",
  image_generation: "image_generation_context",
  general: "general_context",
} as const satisfies Record<SubAgent, ContextField>;

/** Which node serves an intent. */
export const nodeOf = {
  waste: "waste_rag",
  character: "character",
  location: "location",
  bulk_waste: "bulk_waste",
  recyclable_price: "recyclable_price",
  collection_point: "collection_point",
  weather: "weather",
  image_generation: "image_generation",
  web_search: "web_search",
  general: "general",
} as const satisfies Record<Intent, SubAgent>;

interface Contract {
  readonly required: readonly ContextField[];
  readonly optional: readonly ContextField[];
}
const nothing: Contract = { required: [], optional: [] };

/** What an answer to an intent needs, and what makes it better. */
export const contracts: Readonly<Record<Intent, Contract>> = {
  waste: { required: ["disposal_rules"], optional: ["character_context", "weather_context"] },
  bulk_waste: { required: ["bulk_waste_context"], optional: ["weather_context"] },
  location: { required: ["location_context"], optional: ["weather_context"] },
  collection_point: { required: ["collection_point_context"], optional: ["weather_context"] },
  general: { required: [], optional: ["web_search_results"] },
  character: nothing,
  weather: nothing,
  web_search: nothing,
  recyclable_price: nothing,
  image_generation: nothing,
};

/** Throws `START_CHECK_FAILED` when a field an intent relies on has no node that fills it. */
export function checkContracts(all: Readonly<Record<Intent, Contract>> = contracts): void {
  const produced = new Set<string>(subAgents.map((node) => fieldOf[node]));
  const missing = intents.flatMap((intent) =>
    [...all[intent].required, ...all[intent].optional]
      .filter((field) => !produced.has(field))
      .map((field) => `${intent} needs ${field}, which no node fills`),
  );
  if (missing.length > 0) {
    throw new AppError("START_CHECK_FAILED", { detail: missing.join("; ") });
  }
}

/** Whether the answer to an intent depends on this node. */
export function isRequired(node: SubAgent, intent: Intent): boolean {
  return contracts[intent].required.includes(fieldOf[node]);
}
