import { josa } from "es-hangul";
import type {
  BulkWasteFact,
  CharacterFact,
  CollectionPointFact,
  Facts,
  PriceFact,
} from "./facts.ts";

export function bulkWasteBlock(fact: BulkWasteFact | undefined): string[] {
  if (!fact) return [];
  const names = fact.items.map(({ name }) => name);
  const appliances = fact.items.filter(({ isAppliance }) => isAppliance).map(({ name }) => name);
  const lines: string[] = [];
  if (names.length === 0) lines.push("대형폐기물은 미리 신고하고 스티커를 붙여 내놓아야 해요.");
  else if (appliances.length === names.length) {
    lines.push(
      `**${names.join(", ")}**${josa.pick(names.at(-1) ?? "", "은/는")} 가전이라 수수료 없이 **폐가전 무상방문수거(1599-0903)**로 보낼 수 있어요.`,
    );
  } else {
    lines.push(
      `**${names.join(", ")}**${josa.pick(names.at(-1) ?? "", "은/는")} 종량제봉투에 들어가지 않으면 **대형폐기물**로 신고하고 내놓아야 해요.`,
    );
  }
  const notes = fact.items.flatMap(({ name, notes: note }) =>
    note === undefined ? [] : [names.length > 1 ? `${name}: ${note}` : note],
  );
  lines.push(...notes.map((note) => `- ${note}`));
  if (fact.steps.length > 0) {
    lines.push("", "**이렇게 해 주세요**", ...fact.steps.map((step, i) => `${i + 1}. ${step}`));
  }
  if (fact.freePickup) lines.push("", `**폐가전 무상방문수거** ${fact.freePickup}`);
  if (fact.fees) lines.push("", "**수수료**", ...fact.fees.map((fee) => `- ${fee}`));
  if (fact.district) {
    const { name, lines: said } = fact.district;
    lines.push("", `**${name}에서는**`, ...said.map((line) => `- ${line}`));
  }
  if (fact.localNote) lines.push("", `> ${fact.localNote}`);
  return [lines.join("\n")];
}

export function collectionBlock(points: readonly CollectionPointFact[]): string[] {
  if (points.length > 3) {
    const lines = points.map(({ name, where }) => `- **${name}**: ${where[0] ?? ""}`);
    return [["수거함은 이런 곳에 있어요.", "", ...lines].join("\n")];
  }
  return points.map(({ name, where, accepts, rejects, ask, note }) =>
    [
      `**${name}**`,
      ...where.map((line) => `- ${line}`),
      ...(accepts.length > 0 ? [`- 넣을 수 있는 것: ${accepts.join(", ")}`] : []),
      ...(rejects.length > 0 ? [`- 넣으면 안 되는 것: ${rejects.join(", ")}`] : []),
      `- 가까운 위치 문의: ${ask.join(", ")}`,
      ...(note ? ["", `> ${note}`] : []),
    ].join("\n"),
  );
}

export function priceBlock(prices: PriceFact | undefined): string[] {
  if (!prices) return [];
  const lines: string[] = [];
  if (prices.isDeposit) {
    lines.push("빈 병 보증금은 시세가 아니라 병을 돌려주면 되돌려 받는 돈이에요.");
    if (prices.refund !== undefined) lines.push(`- ${prices.refund}`);
  }
  const known = prices.found.filter(({ price }) => price !== undefined);
  const unknown = prices.found.filter(({ price }) => price === undefined);
  if (known.length > 0) {
    lines.push(`**${prices.region} 시세** (업체와 상태에 따라 달라요)`);
    for (const { name, price, unit, surveyed } of known) {
      lines.push(
        `- ${name}: ${price?.toLocaleString("ko-KR")}${unit}${surveyed ? ` (${surveyed} 조사)` : ""}`,
      );
    }
  }
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => name).join(", ");
    lines.push(
      `**${names}**의 시세는 ${unknown[0]?.unit ?? "원/kg"} 단위로 매월 조사되는 품목이지만, 지금은 조사 자료가 들어 있지 않아 금액을 알려 드릴 수 없어요.`,
      "- 한국환경공단 재활용가능자원 가격조사(공공데이터포털)에서 권역별 가격을 볼 수 있어요.",
      "- 실제 매입가는 업체와 상태에 따라 다르니 가까운 고물상에 전화로 물어보세요.",
    );
  }
  if (prices.notSurveyed.length > 0) {
    const names = prices.notSurveyed.join(", ");
    lines.push(`${josa(names, "은/는")} 가격조사 항목에 없어서 시세를 알려 드릴 수 없어요.`);
  }
  if (lines.length === 0) {
    lines.push(
      "어떤 재활용품의 시세가 궁금하신지 알려 주세요. 가격조사에는 이런 품목이 있어요.",
      `- ${prices.catalogue.join(", ")}`,
    );
  }
  return [lines.join("\n")];
}

export function characterBlock(characters: readonly CharacterFact[]): string[] {
  const [only] = characters;
  if (only && characters.length === 1) {
    const isLead = only.label?.endsWith("캐릭터");
    const role =
      only.label === undefined
        ? ""
        : isLead
          ? ` ${only.label}이고,`
          : ` **${only.label}** 담당이고,`;
    const intro = `**${only.name}**${josa.pick(only.name, "을/를")} 소개할게요!${role} ${only.personality}`;
    return [[intro, "", ...only.lines.map((line) => `- ${line}`)].join("\n")];
  }
  if (characters.length === 0) return [];
  const list = characters.map(
    ({ name, label, personality }) => `- **${name}**${label ? ` (${label})` : ""}: ${personality}`,
  );
  return [["분리배출 캐릭터 친구들이에요.", "", ...list].join("\n")];
}

/** A light ending for recyclables. */
export function mascotLine({ mascot }: Facts): string[] {
  const line = mascot?.lines.at(-1);
  return mascot && line ? [`${mascot.name}의 한마디: "${line}"`] : [];
}
