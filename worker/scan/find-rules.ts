import type { Classification, Rules } from "../../shared/contract/scan.ts";
import { middles } from "../knowledge/classes.ts";
import { tagsFor, unknown } from "./classify.ts";
import type { ScanTools } from "./scan-context.ts";

/** The rule of what was seen, told for the thing where the thing is known. Null: there is none. */
export function findRules(found: Classification, tools: ScanTools): Rules | null {
  const { classification, situation_tags: names } = found;
  const { middle_category, minor_category } = classification;
  const middle = middles.find((one) => one === middle_category && one !== unknown);
  const rule = middle && tools.retrieval.retrieveByClass(middle)?.rule;
  if (!middle || !rule) return null;
  const named = tools.retrieval
    .find(minor_category)
    .find((one) => one.item !== undefined && one.item.middle === middle);
  const advice = tools.advise({
    ...(named?.item && { item: named.item }),
    rule,
    score: 1,
    matched: minor_category,
    method: "exact",
    tags: tagsFor(tools, middle, names),
  });
  const isAlone = classification.major_category === middle;
  return {
    name: isAlone ? middle : `${classification.major_category}_${middle}`,
    rule_id: rule.id,
    item: advice.item ?? null,
    summary: advice.summary,
    steps: advice.isUnsafe ? [] : [...advice.steps],
    destination: advice.isUnsafe ? unsafe : advice.destination,
    destination_fallback: advice.destinationFallback ?? null,
    notes: advice.notes ?? null,
    state_advice: [...advice.stateAdvice],
    reroute: advice.reroute ?? null,
    warnings: [...advice.warnings],
    exceptions: advice.exceptions.map(({ what, goesTo }) => ({ what, goes_to: goesTo })),
    is_unsafe: advice.isUnsafe,
    is_gentle: advice.isGentle,
  };
}

const unsafe =
  "수거함에 넣지 말고 불에 타지 않는 곳에 따로 둔 다음 주민센터나 관할 구청에 먼저 물어보세요.";
