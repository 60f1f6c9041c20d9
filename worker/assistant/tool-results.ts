import { subAgents } from "../../shared/contract/stages.ts";
import { assistant as limits } from "../../shared/limits.ts";
import { collectFacts } from "../graph/collect-facts.ts";
import { fieldOf } from "../graph/contracts.ts";
import { sectionsFrom } from "../graph/sections.ts";
import type { State } from "../graph/state.ts";

/**
 * What the sub-agents of a turn found, one group of lines each: `- [tool] text`, or `- [tool] (unavailable)` for
 * one that failed. Empty when there is no result at all: the answer then goes on without. Cut to size.
 */
export function toolResults(state: State): string[] {
  const facts = collectFacts(state);
  const sections = sectionsFrom({ ...facts, services: [], missing: [], asks: [] });
  const results: string[] = [];
  let hasAny = false;
  const add = (tool: string, text: string) => {
    if (text === "") return;
    hasAny = true;
    results.push(cut(`- [${tool}] ${text}`, limits.toolResultChars));
  };
  if (state.classification_result !== null) add("vision", state.classification_result);
  if (facts.missing.some(({ node }) => node === "vision")) results.push("- [vision] (unavailable)");
  for (const tool of subAgents) {
    if (tool === "general") continue; // looks nothing up
    const context = state[fieldOf[tool]];
    if (!context) continue;
    if (!context.success) {
      // an extra nobody asked for and nobody set up is not missed
      const isMissed =
        context.error !== "not_configured" || facts.missing.some(({ node }) => node === tool);
      if (isMissed) results.push(`- [${tool}] (unavailable)`);
      continue;
    }
    const own = sections.filter(({ node }) => node === tool);
    const { data } = context;
    const service =
      data && "lines" in data ? [{ title: data.title, text: data.lines.join("\n") }] : [];
    add(tool, [...own, ...service].map(({ title, text }) => `${title}\n${text}`).join("\n"));
  }
  for (const ask of facts.asks ?? []) add("ask_user", ask);
  return hasAny ? withinTotal(results) : [];
}

function withinTotal(results: readonly string[]): string[] {
  const kept: string[] = [];
  let left: number = limits.toolResultsChars;
  for (const result of results) {
    if (left <= 0) break;
    kept.push(cut(result, left));
    left -= result.length + 1;
  }
  return kept;
}

/** Never between the halves of one character. */
function cut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return text.slice(0, chars).replace(/[\ud800-\udbff]$/, "");
}
