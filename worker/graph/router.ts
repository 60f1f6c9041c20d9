import type { Intent, SubAgent } from "../../shared/contract/stages.ts";
import { nodeOf } from "./contracts.ts";
import { route, type Why } from "./routing.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State } from "./state.ts";

export interface Sent {
  readonly node: SubAgent;
  readonly state: State & { readonly why: Why };
}

/** Sends each sub-agent that is needed the part of the message that is about it. */
export function planFor(state: State, run: RunContext, tools: Tools): Sent[] {
  run.stage("router", "started");
  const nodes = route({
    intent: state.intent,
    confidence: state.intent_confidence,
    additionalIntents: state.additional_intents,
    hasLocation: state.user_location !== null,
    message: state.message,
    year: new Date(tools.clock.wallMs()).getUTCFullYear(),
  });
  // feedback counts as a sub-agent of its own
  run.plan(nodes.size + (nodes.has("waste_rag") ? 1 : 0));
  run.stage("router", "completed", { nodes: [...nodes.keys()] });

  const intents: readonly Intent[] = [state.intent, ...state.additional_intents];
  return [...nodes].map(([node, why]) => {
    const asked = intents.findIndex((intent) => nodeOf[intent] === node);
    const current_query =
      state.decomposed_queries[asked] ?? (state.standalone_message || state.message);
    return { node, state: { ...state, current_query, why } };
  });
}
