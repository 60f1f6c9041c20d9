import { middles } from "../knowledge/classes.ts";
import type { Finding } from "../knowledge/retrieve.ts";
import type { Tools } from "./run-context.ts";
import type { DisposalRules } from "./state.ts";
import { withoutAskedBin } from "./asked-bin.ts";
import { asCharacterFact } from "./character.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

/** What the knowledge base says about the things a message names. Local, so it has no other way to fall back to. */
export function wasteRag(tools: Tools): SubAgentSpec<DisposalRules> {
  const { retrieval, characters, advise } = tools;
  const bySight = (seen: string | null): Finding[] => {
    const middle = middles.find((one) => one === seen);
    const rule = middle && retrieval.retrieveByClass(middle)?.rule;
    return rule ? [{ rule, score: 0.6, matched: middle, method: "rule-keyword", tags: [] }] : [];
  };
  return {
    node: "waste_rag",
    work: async ({ text, job, seen }) => {
      const inPart = retrieval.find(text);
      // "그건 어떻게 버려?" beside a part that names the thing, or a picture that shows it
      const inMessage = inPart.length > 0 ? inPart : retrieval.find(job.message);
      const { findings, asked } = withoutAskedBin(
        inPart.length > 0 ? text : job.message,
        inMessage.length > 0 ? inMessage : bySight(seen),
      );
      const first = findings[0];
      if (!first) return undefined;
      const recyclable = findings.find(({ rule }) => rule.major === "재활용폐기물");
      const mascot = recyclable && characters.characterForClass(recyclable.rule.middle);
      return {
        advice: findings.map((one, i) => (i === 0 ? { ...advise(one), asked } : advise(one))),
        method: first.method,
        mascot: mascot && asCharacterFact(mascot),
      };
    },
    result: (found) => ({
      found: found !== undefined,
      method: found?.method ?? "none",
      items: found?.advice.map(({ item, middle }) => item ?? middle) ?? [],
    }),
  };
}
