import { type Intent, type SubAgent, subAgents } from "../../shared/contract/stages.ts";
import type { Facts, Missing } from "../llm/facts.ts";
import { contracts, fieldOf, nodeOf } from "./contracts.ts";
import type { State } from "./state.ts";

/** What all nodes together found, for the answer. */
export function collectFacts(state: State): Facts {
  const intents: readonly Intent[] = [state.intent, ...state.additional_intents];
  const found = <Data>(context: { readonly data: Data | undefined } | null) => context?.data;
  const services = [
    state.location_context,
    state.weather_context,
    state.web_search_results,
    state.image_generation_context,
  ].flatMap((context) => found(context) ?? []);
  const isFollowUp = !["", state.message].includes(state.standalone_message);
  return {
    ...(isFollowUp ? { understood: state.standalone_message } : {}),
    intents,
    waste: found(state.disposal_rules)?.advice ?? [],
    mascot: found(state.disposal_rules)?.mascot,
    characters: found(state.character_context) ?? [],
    prices: found(state.recyclable_price_context),
    collectionPoints: found(state.collection_point_context) ?? [],
    bulkWaste: found(state.bulk_waste_context),
    services,
    missing: missingIn(state, intents),
    asks: state.unmet_needs,
    isLimited: state.needs_fallback,
  };
}

/** Only what was asked for: an extra that could not be had stays silent. */
function missingIn(state: State, intents: readonly Intent[]): Missing[] {
  const asked = new Set<SubAgent>(intents.map((intent) => nodeOf[intent]));
  const missing: Missing[] = subAgents
    .filter((node) => asked.has(node))
    .flatMap((node) => {
      const error = state[fieldOf[node]]?.error;
      if (error === undefined) return [];
      // the answer asks for what was missing instead
      if (error === "not_found" && state.unmet_needs.length > 0 && node === "location") return [];
      const reason = error === "not_configured" || error === "not_found" ? error : "failed";
      return [{ node, reason }];
    });
  if (state.image_url !== null && state.vision_error !== null) {
    const { vision_error: error } = state;
    const reason = error === "not_configured" || error === "not_found" ? error : "failed";
    missing.push({ node: "vision", reason });
  }
  const bulk = state.bulk_waste_context?.data;
  // appliances are picked up free of charge: nobody misses a fee
  const hasFee = bulk && (bulk.items.length === 0 || bulk.items.some((one) => !one.isAppliance));
  if (hasFee && bulk.fees === undefined) {
    missing.push({ node: "fees", reason: "not_configured" });
  }
  return missing;
}

/** Which required fields the answer to the primary intent still lacks. */
export function missingRequired(state: State): string[] {
  return contracts[state.intent].required.filter((field) => !state[field]?.success);
}

/** Fields a reader is told were collected. */
export function collectedFields(state: State): string[] {
  return Object.values(fieldOf).filter((field) => state[field]?.success);
}
