import { collectedFields, missingRequired } from "./collect-facts.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State, Update } from "./state.ts";
import { runSubAgent, serviceAgent } from "./sub-agent.ts";

/** Counts what was found. When something required is missing, the web is asked once, if it can be. */
export async function aggregate(state: State, run: RunContext, tools: Tools): Promise<Update> {
  run.stage("aggregator", "started");
  const missing = missingRequired(state);
  const needs_fallback = missing.length > 0;
  const asksWeb =
    needs_fallback && tools.services.web_search !== undefined && state.web_search_results === null;
  if (asksWeb) run.stage("aggregator", "fallback", { strategy: "web_search", missing });
  const web = serviceAgent("web_search", tools, (found) => ({
    result_length: found?.lines.join("\n").length ?? 0,
  }));
  const found = asksWeb ? await runSubAgent(web, state, run, tools) : {};
  run.stage("aggregator", "completed", { collected: collectedFields(state), needs_fallback });
  return {
    ...found,
    needs_fallback,
    missing_required_contexts: missing,
    fallback_used: asksWeb,
  };
}
