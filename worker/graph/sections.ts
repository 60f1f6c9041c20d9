import type { SubAgent } from "../../shared/contract/stages.ts";
import type { Facts, Missing, PriceFact, WasteAdvice } from "../llm/facts.ts";
import type { Section } from "../llm/llm.ts";

/** A section, and which node it is from. */
export type NodeSection = Section & { readonly node: SubAgent | undefined };

/** What the nodes found as titled text, in the order of contract 7.7. */
export function sectionsFrom(facts: Facts): NodeSection[] {
  const sections: NodeSection[] = [];
  const add = (title: string, lines: readonly (string | undefined)[], node?: SubAgent) => {
    const text = lines.filter((line) => line !== undefined && line !== "").join("\n");
    if (text !== "") sections.push({ title, text, node });
  };
  for (const advice of facts.waste)
    add(`배출 규칙: ${advice.matched}`, wasteLines(advice), "waste_rag");
  for (const one of facts.characters) {
    const lines = [one.label && `담당: ${one.label}`, one.personality, ...one.lines];
    add(`캐릭터: ${one.name}`, lines, "character");
  }
  if (facts.prices) add("재활용품 시세", priceLines(facts.prices), "recyclable_price");
  if (facts.bulkWaste) {
    const { items, steps, freePickup, fees, localNote, district } = facts.bulkWaste;
    const names = items.map(({ name }) => name).join(", ");
    const lines = [names, ...steps, freePickup, ...(fees ?? []), localNote];
    add("대형폐기물", lines, "bulk_waste");
    if (district) add(`${district.name} 배출 안내`, district.lines, "bulk_waste");
  }
  for (const point of facts.collectionPoints) {
    const lines = [
      ...point.where,
      point.accepts.length > 0 ? `받는 것: ${point.accepts.join(", ")}` : undefined,
      point.rejects.length > 0 ? `안 받는 것: ${point.rejects.join(", ")}` : undefined,
      `문의: ${point.ask.join(", ")}`,
      point.note,
    ];
    add(`수거 장소: ${point.name}`, lines, "collection_point");
  }
  for (const { title, lines } of facts.services) add(title, lines);
  add("구할 수 없었던 것", facts.missing.map(missingLine));
  add("사용자에게 물어볼 것", facts.asks ?? []);
  return sections;
}

function wasteLines(advice: WasteAdvice): (string | undefined)[] {
  return [
    `분류: ${advice.major} > ${advice.middle}${advice.item ? ` (품목: ${advice.item})` : ""}`,
    advice.asked &&
      `물으신 곳이 맞는지: ${{ yes: "맞아요", no: "아니에요", depends: "경우에 따라 달라요" }[advice.asked]}`,
    ...advice.warnings.map((warning) => `주의: ${warning}`),
    advice.notes ?? advice.summary,
    ...advice.steps.map((step, i) => `${i + 1}. ${step}`),
    `내놓는 곳: ${advice.destination}`,
    advice.destinationFallback,
    ...advice.stateAdvice.map((line) => `지금 상태라면: ${line}`),
    advice.reroute && `이 상태면 ${advice.reroute}로`,
    ...advice.alternatives.map(({ when, goesTo }) => `${when}: ${goesTo}`),
    ...advice.exceptions.map(({ what, goesTo }) => `${what}: ${goesTo}`),
    advice.confidence === "A" ? undefined : advice.localNote,
  ];
}

function priceLines(prices: PriceFact): string[] {
  return [
    ...prices.found.map(({ name, unit, price, surveyed }) =>
      price === undefined
        ? `${name}: 조사 자료가 없음 (단위 ${unit})`
        : `${name}: ${price}${unit} (${prices.region}, ${surveyed ?? "조사 시점 미상"})`,
    ),
    ...prices.notSurveyed.map((name) => `${name}: 조사 항목에 없음`),
    ...(prices.isDeposit ? ["빈 병 보증금은 시세가 아니라 돌려받는 돈"] : []),
    ...(prices.refund === undefined ? [] : [prices.refund]),
  ];
}

function missingLine({ node, reason }: Missing): string {
  return `${node}: ${reason === "not_configured" ? "설정되지 않음" : "가져오지 못함"}`;
}
