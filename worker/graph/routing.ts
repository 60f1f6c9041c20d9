import type { Intent, SubAgent } from "../../shared/contract/stages.ts";
import { nodeOf } from "./contracts.ts";

export interface Routed {
  readonly intent: Intent;
  readonly confidence: number;
  readonly additionalIntents: readonly Intent[];
  readonly hasLocation: boolean;
  readonly message: string;
  /** For the words that mean "lately". */
  readonly year: number;
}

/** Why a node runs: an answer was asked of it, or it may make one better. */
export type Why = "asked" | "enrichment";

const enrichments: Partial<Record<Intent, readonly SubAgent[]>> = {
  waste: ["weather"],
  bulk_waste: ["weather"],
};

const timelyWords =
  "최신 최근 올해 작년 지난달 현재 요즘 오늘 어제 이번주 뉴스 정책 규제 발표 공지 트렌드 업데이트 검색 찾아봐 알아봐 주가 결과 순위 랭킹".split(
    " ",
  );

interface Rule {
  readonly node: SubAgent;
  readonly notFor: readonly Intent[];
  readonly applies: (routed: Routed) => boolean;
}

const conditionalRules: readonly Rule[] = [
  {
    node: "weather",
    notFor: ["weather", "general", "character", "image_generation"],
    applies: ({ hasLocation }) => hasLocation,
  },
  {
    node: "web_search",
    notFor: ["web_search", "character", "image_generation"],
    applies: ({ intent, confidence, message, year }) =>
      intent === "general"
        ? confidence < 0.75
        : [...timelyWords, `${year - 1}`, `${year}`, `${year + 1}`].some((word) =>
            message.includes(word),
          ),
  },
];

/** Which sub-agents run, each once, in order: primary, additional, enrichment, conditional. */
export function route(
  routed: Routed,
  rules: readonly Rule[] = conditionalRules,
): Map<SubAgent, Why> {
  const nodes = new Map<SubAgent, Why>();
  const add = (node: SubAgent, why: Why) => {
    if (!nodes.has(node)) nodes.set(node, why);
  };
  for (const intent of [routed.intent, ...routed.additionalIntents]) add(nodeOf[intent], "asked");
  for (const node of enrichments[routed.intent] ?? []) add(node, "enrichment");
  for (const rule of rules) {
    if (nodes.has(rule.node) || rule.notFor.includes(routed.intent)) continue;
    try {
      if (rule.applies(routed)) add(rule.node, "enrichment");
    } catch {
      // a rule that breaks skips itself, never the others
    }
  }
  return nodes;
}
