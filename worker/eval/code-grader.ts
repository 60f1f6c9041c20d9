// What code can tell of an answer, without a model: six checks from 0 to 1.
import { type Sample, type Scores, weigh } from "./grade.ts";

export type Check = "hallucination" | "format" | "length" | "language" | "citation" | "intent";

const weights: Scores<Check> = {
  hallucination: 0.25,
  format: 0.15,
  length: 0.15,
  language: 0.15,
  citation: 0.15,
  intent: 0.15,
};
/** Share of Korean letters below which an answer is not in Korean. */
const leastKorean = 0.8;
const shortestAnswer = 20;
/** One thing, and every thing more. */
const roomFor = { one: 900, more: 500 } as const;

export function gradeByCode(sample: Sample): { score: number; checks: Scores<Check> } {
  const checks = {
    hallucination: supported(sample),
    format: wellFormed(sample.answer),
    length: rightLength(sample),
    language: korean(sample.answer),
    citation: cited(sample),
    intent: aligned(sample),
  };
  return { score: weigh(checks, weights), checks };
}

/** What nobody can make up without being caught: amounts, telephone numbers, addresses of pages, dates. */
const claims =
  /https?:\/\/[^\s)\]>"]+|\d{2,4}-\d{3,4}(?:-\d{4})?|\d[\d,]{0,15}(?:\.\d{1,6})? ?(?:원|%|kg|킬로|km|m\b|도|℃|시간|개월|월|일|년|층|개|mL|L\b)/g;

/** The share of such claims that stand in the question or in what was found. */
function supported({ answer, sections, question }: Sample): number {
  const found = [...new Set(answer.match(claims) ?? [])].map(plain);
  if (found.length === 0) return 1;
  const known = plain(
    [question, ...sections.flatMap(({ title, text }) => [title, text])].join("\n"),
  );
  return found.filter((claim) => known.includes(claim)).length / found.length;
}

const plain = (text: string) => text.replaceAll(/[\s,]/g, "").toLowerCase();

const leaks = /undefined|\[object |\bNaN\b|<\/?script|waste_rag|_context\b|not_configured/;

function wellFormed(answer: string): number {
  const text = answer.trim();
  if (text === "" || leaks.test(text)) return 0;
  const fences = text.match(/^```/gm)?.length ?? 0;
  const bold = text.match(/\*\*/g)?.length ?? 0;
  // a line that lists or cites ends without a full stop
  const isWhole = /[.!?…)\]>*_"'”’~요다죠]$|(?:^|\n|\. )(?:[-*>#|]|출처|근거)[^\n]*$/.test(text);
  return (fences % 2 === 0 ? 0.4 : 0) + (bold % 2 === 0 ? 0.3 : 0) + (isWhole ? 0.3 : 0);
}

function rightLength({ answer, intents, named }: Sample): number {
  const things = Math.max(1, intents.length, Math.min(5, named.length));
  const most = roomFor.one + (things - 1) * roomFor.more;
  if (answer.length < shortestAnswer) return answer.length / shortestAnswer;
  return Math.max(0, Math.min(1, 2 - answer.length / most));
}

function korean(answer: string): number {
  const letters = answer.replaceAll(/https?:\/\/\S+/g, "").match(/\p{L}/gu) ?? [];
  if (letters.length === 0) return 0;
  const share = letters.filter((letter) => /[가-힣ㄱ-ㅣ]/.test(letter)).length / letters.length;
  return share >= leastKorean ? 1 : share / leastKorean;
}

function cited({ answer, sections }: Sample): number {
  const isNeeded = sections.some(({ title }) => title !== "구할 수 없었던 것");
  return !isNeeded || /출처|근거|https?:\/\/|에 따르면|기준/.test(answer) ? 1 : 0;
}

/** Words an answer to an intent can hardly do without. */
const expected: Partial<Record<Sample["intents"][number], RegExp>> = {
  waste: /버리|배출|내놓|수거|봉투|재활용|분리|넣/,
  bulk_waste: /신고|스티커|수거|수수료|예약/,
  collection_point: /수거|주민센터|구청|어디|위치/,
  recyclable_price: /시세|가격|원|보증금|조사/,
  location: /장소|위치|거리|주소|근처|지도/,
  character: /캐릭터|담당|소개|친구|이코/,
  weather: /날씨|기온|비|눈|맑|흐|미세먼지/,
  image_generation: /그림|이미지|!\[/,
  web_search: /검색|소식|출처|http|확인/,
};

function aligned({ answer, intents, named }: Sample): number {
  const asked = intents.map((intent) => expected[intent]?.test(answer) ?? true);
  const share = asked.filter(Boolean).length / Math.max(1, asked.length);
  const usesNames = named.length === 0 || named.some((name) => answer.includes(name));
  return usesNames ? share : share / 2;
}
