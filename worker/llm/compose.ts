// The offline answer: blocks in the order of what was asked, then where it comes from.
import { josa } from "es-hangul";
import type { Facts, Missing } from "./facts.ts";
import {
  bulkWasteBlock,
  characterBlock,
  collectionBlock,
  mascotLine,
  priceBlock,
} from "./compose-blocks.ts";
import { wasteBlock } from "./compose-waste.ts";
import type { Prompt } from "./llm.ts";

const offlineLine =
  "_지금은 오프라인 모드예요. 언어 모델 없이 저장된 지식 베이스에서 찾은 내용만 정리해 드렸어요._";

/** The whole answer as Markdown. */
export function compose({ facts, question }: Prompt): string {
  const blocks = blocksFor(facts);
  const missing = facts.missing.flatMap((one) => missingLine(one, facts) ?? []);
  const sources = sourcesLine(facts);
  const isEmpty = blocks.length === 0 && (facts.asks?.length ?? 0) === 0;
  return [
    ...(facts.understood === undefined
      ? []
      : [`_앞의 대화에 이어 “${facts.understood}”라는 뜻으로 이해했어요._`]),
    ...blocks,
    ...(isEmpty && missing.length === 0 ? [greeting(facts, question)] : []),
    ...(missing.length > 0 ? [missing.join("\n")] : []),
    ...(facts.asks && facts.asks.length > 0 ? [facts.asks.join("\n")] : []),
    ...(isLight(facts) ? mascotLine(facts) : []),
    ...(sources === "" ? [] : [sources]),
    offlineLine,
  ].join("\n\n");
}

/** A word from the character fits neither a danger nor an answer that is about characters. */
function isLight(facts: Facts): boolean {
  const isSerious = facts.waste.some(
    ({ hazard, reroute, isGentle }) => hazard !== "none" || reroute || isGentle,
  );
  return facts.waste.length > 0 && !isSerious && !facts.intents.includes("character");
}

function blocksFor(facts: Facts): string[] {
  const blocks: string[] = [];
  const done = new Set<string>();
  const add = (name: string, make: () => string[]) => {
    if (done.has(name)) return;
    done.add(name);
    blocks.push(...make());
  };
  const waste = () =>
    facts.waste.map((advice, i) => wasteBlock(advice, facts.waste.length > 1 ? i + 1 : undefined));
  for (const intent of facts.intents) {
    if (intent === "waste") add("waste", waste);
    else if (intent === "bulk_waste") add("bulk", () => bulkWasteBlock(facts.bulkWaste));
    else if (intent === "collection_point") {
      add("points", () => collectionBlock(facts.collectionPoints));
    } else if (intent === "recyclable_price") add("prices", () => priceBlock(facts.prices));
    else if (intent === "character") add("characters", () => characterBlock(facts.characters));
  }
  for (const { title, lines } of facts.services) {
    if (lines.length > 0)
      blocks.push([`**${title}**`, ...lines.map((line) => `- ${line}`)].join("\n"));
  }
  return blocks;
}

const unavailable: Readonly<Record<Missing["node"], string>> = {
  location: "장소 검색",
  weather: "날씨 정보",
  web_search: "웹 검색",
  image_generation: "그림 만들기",
  vision: "사진 인식",
  fees: "지역별 대형폐기물 수수료 조회",
  waste_rag: "배출 방법 찾기",
  bulk_waste: "대형폐기물 안내",
  collection_point: "수거함 찾기",
  recyclable_price: "시세 조회",
  character: "캐릭터 소개",
  general: "대화",
};
const instead: Partial<Record<Missing["node"], string>> = {
  location: "지도 앱에서 찾아보시거나, 버리실 물건을 알려 주시면 내놓는 곳을 안내해 드릴게요.",
  weather: "기상청 날씨누리에서 확인해 주세요.",
  web_search: "최신 소식은 기후에너지환경부나 관할 구청 누리집에서 확인해 주세요.",
  image_generation: "글로 설명해 드리는 것은 할 수 있어요.",
  vision: "어떤 물건인지, 재질이 무엇인지 글로 알려 주시면 찾아 드릴게요.",
  fees: "정확한 금액은 관할 구청 누리집이나 주민센터에서 확인해 주세요.",
};

function missingLine({ node, reason }: Missing, facts: Facts): string | undefined {
  if (node === "waste_rag" && reason === "not_found") return unknownThing;
  if (node === "character" && reason === "not_found") return noCharacter;
  const name = unavailable[node];
  const hint = instead[node] ? ` ${instead[node]}` : "";
  if (reason === "not_configured") {
    return `> ${josa(name, "은/는")} 아직 설정되어 있지 않아요.${hint}`;
  }
  if (reason === "not_found" && node === "vision") {
    return `> 사진에서 버릴 물건을 알아보지 못했어요.${hint}`;
  }
  if (reason === "not_found" && facts.intents.length > 1) return undefined;
  const what = reason === "not_found" ? "찾지 못했어요" : "지금 가져오지 못했어요";
  return `> ${josa(name, "은/는")} ${what}.${hint}`;
}

const noCharacter =
  "그 담당 캐릭터는 없어요. 분리배출 캐릭터는 대표인 이코와 재활용 열두 종류의 친구들, 모두 13명이에요.";
const unknownThing = [
  "말씀하신 물건을 지식 베이스에서 찾지 못했어요. 무엇으로 만들어졌는지(종이·플라스틱·유리·금속·천 등), 얼마나 큰지 알려 주시면 다시 찾아볼게요.",
  "",
  "- 재활용품이라면 **비우고 → 헹구고 → 다른 재질을 떼고 → 종류별로 나눠** 내놓는 것이 기본이에요.",
  "- 헷갈리는 물건은 관할 시·군·구청 청소(자원순환)과나 주민센터에 물어보는 것이 가장 정확해요.",
].join("\n");

const openings: readonly (readonly [RegExp, string])[] = [
  [/고마|고맙|감사|땡큐|수고/, "도움이 됐다니 기뻐요! 더 궁금한 것이 있으면 편하게 물어봐 주세요."],
  [
    /이름|누구|누가 만들|정체|자기 ?소개|(?:할 ?수|도와|잘하)[^?]*\??$|사용 ?법|도움말/,
    "저는 분리배출을 도와드리는 안내자 이코예요. 이런 것을 물어보실 수 있어요.",
  ],
  [/안녕|하이|반가|hello|hi\b/i, "안녕하세요! 분리배출을 도와드리는 안내자예요."],
  [
    /기분|헤어졌|이별|버림받|나를? 버렸|싸웠|힘들|힘드|우울|슬프|슬퍼|속상|외로|피곤|지쳤|짜증|아파/,
    "마음이 쓰이는 일이 있으셨군요. 조금이라도 나아지시면 좋겠어요. 저는 이런 것을 도와드릴 수 있어요.",
  ],
];
const elsewhere =
  "그 이야기는 제가 가진 자료에 없어서 아는 척하지 않을게요. 분리배출에 관해서라면 이렇게 도와드릴 수 있어요.";

function greeting(facts: Facts, question: string): string {
  const opening = openings.find(([said]) => said.test(question))?.[1] ?? elsewhere;
  return [
    opening,
    "",
    '- **버리는 방법**: "페트병 어떻게 버려?", "깨진 유리컵은?"',
    '- **대형폐기물과 폐가전**: "소파 버리려면 어떻게 해?"',
    '- **수거함 안내**: "폐건전지 수거함은 어디에 있어?"',
    '- **재활용 시세와 캐릭터**: "고철 시세 알려줘", "페티는 누구야?"',
    ...(facts.isLimited ? ["", "찾지 못한 내용은 관할 구청이나 주민센터에 확인해 주세요."] : []),
  ].join("\n");
}

function sourcesLine(facts: Facts): string {
  const classes = new Set(facts.waste.map(({ middle }) => middle));
  const parts = [
    classes.size > 0 ? `배출 규칙(${[...classes].join("·")})` : "",
    facts.bulkWaste && facts.intents.includes("bulk_waste") ? "대형폐기물 규칙" : "",
    facts.collectionPoints.length > 0 ? "수거함 안내" : "",
    facts.prices?.isDeposit ? "빈용기 보증금 규칙" : "",
    facts.prices && !facts.prices.isDeposit ? "한국환경공단 가격조사 품목표" : "",
    facts.characters.length > 0 ? "캐릭터 도감" : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `출처: 지식 베이스 – ${parts.join(", ")}`;
}
