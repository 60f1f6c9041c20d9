// What was found, and what to do when something required is missing (contract 7.5), one step after the other,
// each visible as a `fallback` event:
// web_search   once, when it can be asked and was not already
// general      the model answers from what it has, with the limits said
// clarify      offline, or when nobody knows what was meant: the answer asks
import { collectedFields, missingRequired } from "./collect-facts.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State, Update } from "./state.ts";
import { runSubAgent, serviceAgent } from "./sub-agent.ts";

/** Below this nobody knows what was meant. */
const leastConfidence = 0.3;
const aboutWaste: ReadonlySet<string> = new Set(["waste", "bulk_waste", "collection_point"]);

export async function aggregate(state: State, run: RunContext, tools: Tools): Promise<Update> {
  run.stage("aggregator", "started");
  const missing = missingRequired(state);
  const needs_fallback = missing.length > 0;
  const strategies: string[] = [];
  const take = (strategy: string) => {
    strategies.push(strategy);
    run.stage("aggregator", "fallback", { strategy, missing });
  };
  let found: Update = {};
  // what only the person can say is not on the web
  const isAsked = state.unmet_needs.length > 0;
  const mayAskWeb = tools.services.web_search !== undefined && state.web_search_results === null;
  if (needs_fallback && !isAsked && mayAskWeb) {
    take("web_search");
    const text = aboutWaste.has(state.intent) ? `${state.message} 분리배출 방법` : state.message;
    const web = serviceAgent("web_search", tools, (hits) => ({
      result_length: hits?.lines.join("\n").length ?? 0,
    }));
    found = await runSubAgent(
      web,
      { ...state, current_query: text, why: "enrichment" },
      run,
      tools,
    );
  }
  const web = found.web_search_results ?? state.web_search_results;
  const hasWeb = web !== null && "success" in web && web.success;
  if (needs_fallback && !hasWeb) take(run.model && !isAsked ? "general" : "clarify");
  else if (!needs_fallback && state.intent_confidence < leastConfidence) take("clarify");
  run.stage("aggregator", "completed", { collected: collectedFields(state), needs_fallback });
  return {
    ...found,
    needs_fallback,
    missing_required_contexts: missing,
    fallback_used: state.fallback_strategies.length + strategies.length > 0,
    fallback_strategies: strategies,
  };
}
