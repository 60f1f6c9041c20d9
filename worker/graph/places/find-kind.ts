import type { PlaceCategory } from "../../../shared/apis/kakao-local.ts";

/** What kind of place a message looks for. */
export interface PlaceKind {
  /** Words for a keyword search. */
  readonly query: string;
  /** A whole category, where the kind is one. */
  readonly category: PlaceCategory | undefined;
}

const categories: readonly (readonly [RegExp, PlaceCategory, string])[] = [
  [/대형 ?마트|할인 ?마트|이마트|홈플러스|롯데마트/, "MART", "대형마트"],
  [/편의점/, "CONVENIENCE", "편의점"],
  [/지하철역|전철역/, "SUBWAY", "지하철역"],
  [/약국/, "PHARMACY", "약국"],
  [/주유소/, "GAS_STATION", "주유소"],
  [/주차장/, "PARKING", "주차장"],
  [/은행/, "BANK", "은행"],
];

/** What recycling people look for, the more particular first. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/제로\s?웨이스트|제로샵|무포장/, "제로웨이스트샵"],
  [/리필\s?(?:샵|스테이션|가게|매장)|리필할/, "리필스테이션"],
  [/고물상|고철상|폐지\s?(?:사는|매입|파는)|고철\s?(?:사는|매입|파는)/, "고물상"],
  [/아름다운\s?가게/, "아름다운가게"],
  [/굿윌/, "굿윌스토어"],
  [/중고\s?(?:가게|매장|샵|가구)|재활용\s?(?:가게|매장|샵)|기부할/, "재활용센터"],
  [/업사이클|새활용/, "업사이클링"],
  [/네프론|수퍼빈|페트병\s?(?:회수기|무인)|무인\s?회수기/, "네프론"],
  [/선별장/, "재활용선별장"],
  [/재활용\s?센터|리사이클|자원\s?순환|재활용품?\s?(?:맡기|가져)/, "재활용센터"],
  [/주민\s?센터|동사무소|행정\s?복지\s?센터/, "주민센터"],
  [/구청|시청|군청/, "구청"],
  [/대리점|서비스\s?센터/, "서비스센터"],
  [/수거함|수거\s?장소/, "재활용센터"],
  [/카페/, "카페"],
];

/** Undefined when the message names no kind of place. */
export function findKind(message: string): PlaceKind | undefined {
  const text = message.normalize("NFC").toLowerCase();
  for (const [pattern, query] of kinds)
    if (pattern.test(text)) return { query, category: undefined };
  for (const [pattern, category, query] of categories)
    if (pattern.test(text)) return { query, category };
  const named = /([가-힣a-z]{1,10}(?:샵|숍|센터|가게|매장|상점|마켓|스토어|공방|상회))/.exec(
    text,
  )?.[1];
  return named === undefined ? undefined : { query: named, category: undefined };
}

const kilometers = /(\d{1,2}(?:\.\d)?)\s?(?:km|킬로(?:미터)?)\s?(?:이내|안|내|반경|근처)?/i;
const meters = /(\d{2,5})\s?(?:m|미터)(?![a-z가-힣]*당)/i;

/** A radius the message names, in meters. "kg당" is none. */
export function findRadius(message: string): number | undefined {
  const km = kilometers.exec(message.replaceAll(/킬로그램|kg/gi, " "));
  if (km) return Math.min(20_000, Number(km[1]) * 1000);
  const m = meters.exec(message);
  return m ? Math.min(20_000, Number(m[1])) : undefined;
}
