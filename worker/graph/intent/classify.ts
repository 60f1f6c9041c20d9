import type { Intent } from "../../../shared/contract/stages.ts";
import { withoutIdioms } from "./idioms.ts";
import { plain } from "./plain.ts";
import { asks, howTo, otherMethod, otherUse, reasons, signals, smallTalk } from "./signals.ts";

/** What the knowledge base recognises in a message. */
export interface Known {
  /** Things named, with their class and what was typed for them. */
  things(text: string): readonly {
    readonly matched: string;
    readonly middle: string;
    readonly score: number;
    readonly name: string | undefined;
    /** The state it is in was said: "형광등이 깨졌어". */
    readonly hasState: boolean;
  }[];
  /** Whether a character is meant, not the thing it is named after. */
  namesCharacter(text: string): boolean;
  hasCollectionPoint(text: string): boolean;
}

export interface Classified {
  readonly intent: Intent;
  readonly confidence: number;
  /** Sum of the weights that decided; 0 when nothing did. */
  readonly weight: number;
}

/** Of equals the first one wins (contract 7.13). */
const tieOrder: readonly Intent[] = [
  "bulk_waste",
  "collection_point",
  "recyclable_price",
  "image_generation",
  "character",
  "weather",
  "web_search",
  "location",
  "waste",
  "general",
];

/** Large whatever its class: appliances, and furniture the knowledge base may not list. */
const large =
  /냉장고|세탁기|에어컨|건조기|텔레비전|티비|(?:^|[^a-z])tv|식기 ?세척기|안마 ?의자|런닝머신|러닝머신|(?:옷|책|신발|이불|찬|진열|수납|거실|서랍|화장)장|장롱|소파|쇼파|침대|매트리스|책상|식탁|피아노|캣타워/;
/** Said of a large thing it means having it taken away. */
const hauling =
  /가져 ?가|가지러|치우|치워|치울|돈|비용|얼마|무료|공짜|스티커|신고|접수|픽업|연락|도와/;
/** Of a large thing that the knowledge base does not list these words alone say it. */
const takenAway = /가져 ?가|가지러|치우|치워|치울|픽업/;
const disposal = /버(?:려|리|릴|린|렸|립|림)|처리|처분|배출|폐기|내놓|내놔|수거|신청|분리/;

const transitions: Partial<Record<Intent, Partial<Record<Intent, number>>>> = {
  waste: { location: 0.15, collection_point: 0.1, character: 0.05 },
  general: { waste: 0.1, location: 0.08, character: 0.05 },
  location: { waste: 0.1 },
  character: { waste: 0.08 },
  bulk_waste: { location: 0.12, recyclable_price: 0.08 },
  recyclable_price: { location: 0.1, collection_point: 0.08 },
  collection_point: { waste: 0.1, location: 0.08 },
};

const sureBefore = 0.7;

/** What a turn before makes likelier; nothing when that one was itself unsure. */
export function transitionBonus(
  previous: Intent | undefined,
  previousConfidence: number,
  intent: Intent | undefined,
): number {
  if (previous === undefined || intent === undefined || previousConfidence < sureBefore) return 0;
  return transitions[previous]?.[intent] ?? 0;
}

/** A single weak word ("어디") decides nothing. */
const leastWeight = 2;

/** The turn before. */
export interface Previous {
  readonly intent: Intent;
  readonly confidence: number;
}

/** One intent for one text, from words alone: the rules of the offline mode. */
export function classify(message: string, known: Known, previous?: Previous): Classified {
  const namesThing = (word: string) =>
    known.things(word).some(({ matched, score }) => score >= 0.6 && word.endsWith(matched));
  const { text, removed } = withoutIdioms(plain(message), namesThing);
  const scores = new Map<Intent, number>();
  const add = (intent: Intent, weight: number) =>
    scores.set(intent, (scores.get(intent) ?? 0) + weight);

  for (const { intent, weight, pattern } of signals) if (pattern.test(text)) add(intent, weight);
  const things = known.things(text).filter(({ score }) => score >= 0.5);
  const isDisposal = disposal.test(text);
  if (things.length > 0 || ((isDisposal || takenAway.test(text)) && large.test(text)))
    scoreThings(text, things, isDisposal, known, add, scores);
  if (known.namesCharacter(text))
    add("character", (scores.get("image_generation") ?? 0) > 0 ? 1 : 3);
  soften(text, scores, things.length > 0, add, known);
  if (smallTalk.test(text)) add("general", 2);

  const ranked = tieOrder
    .map((intent) => ({ intent, weight: scores.get(intent) ?? 0 }))
    .filter(({ weight }) => weight >= leastWeight)
    .sort((a, b) => b.weight - a.weight);
  const top = ranked[0];
  if (!top) return { intent: "general", confidence: removed ? 0.8 : 0.5, weight: 0 };
  const doubt = (ranked[1]?.weight ?? 0) >= top.weight ? 0.1 : 0;
  const transition = transitionBonus(previous?.intent, previous?.confidence ?? 0, top.intent);
  const confidence = 0.6 + Math.min(0.35, top.weight * 0.08) - doubt + transition;
  return {
    intent: top.intent,
    confidence: Math.round(Math.min(1, Math.max(0, confidence)) * 100) / 100,
    weight: top.weight,
  };
}

function scoreThings(
  text: string,
  things: ReturnType<Known["things"]>,
  isDisposal: boolean,
  known: Known,
  add: (intent: Intent, weight: number) => void,
  scores: Map<Intent, number>,
): void {
  const named = things.reduce((sum, { matched }) => sum + matched.length, 0);
  const isBare = named >= text.length * 0.45;
  // 세탁기 holds 세탁, and is none
  const rest = things.reduce(
    (left, { matched }) => left.replace(matched, " "),
    text.replace(large, " "),
  );
  const isOther = !isDisposal && (otherUse.test(rest) || otherMethod.test(rest));
  if (isOther) scores.delete("waste");
  else if (isDisposal || isBare || asks.test(text) || things.some(({ hasState }) => hasState))
    add("waste", isDisposal ? 1 : 2);
  const isLarge = things.some(({ middle }) => middle === "대형폐기물") || large.test(text);
  // "소파 버리는 법" goes the way of large things whatever its words; "소파 세탁법" nowhere
  if (isLarge && !isOther && (isDisposal || isBare || hauling.test(text))) add("bulk_waste", 10);
  else if (isLarge) add("bulk_waste", 1);
  const asksWhere = /어디|있는 ?곳|가져다|갖다/.test(text);
  if (asksWhere && known.hasCollectionPoint(text) && !isLarge) add("collection_point", 5);
  if ((scores.get("recyclable_price") ?? 0) > 0) add("recyclable_price", 2);
}

/** Words that mean something else beside others. */
function soften(
  text: string,
  scores: Map<Intent, number>,
  hasThing: boolean,
  add: (intent: Intent, weight: number) => void,
  known: Known,
): void {
  const of = (intent: Intent) => scores.get(intent) ?? 0;
  const set = (intent: Intent, weight: number) => scores.set(intent, Math.max(0, weight));
  // "분리수거는 왜 해?", "몇 년이면 썩어?": about throwing away, not how
  if (reasons.test(text) && !howTo.test(text)) set("waste", 0);
  // "수수료 얼마", "과태료 얼마" ask for no market price
  if (/수수료|과태료|벌금|스티커/.test(text)) set("recyclable_price", 0);
  // 재활용센터 and 재활용품 수거함 hold 재활용 without asking how
  if (of("location") >= 3 && !/버|분리/.test(text)) set("waste", of("waste") - 3);
  if (of("collection_point") >= 3 && !/방법|법|어떻게/.test(text)) set("waste", of("waste") - 2);
  // a box that is nearby is still a box
  if (of("collection_point") >= 3) set("location", Math.min(2, of("location")));
  if (of("recyclable_price") >= 3) set("waste", of("waste") - 2);
  if (of("web_search") >= 3 && !/어떻게 ?(?:버|해)|방법|버리는/.test(text))
    set("waste", Math.min(2, of("waste")));
  if (of("image_generation") >= 3) set("waste", Math.min(2, of("waste")));
  if (of("character") >= 3) set("waste", Math.min(2, of("waste")));
  // "수거함에 넣으면 안 되나요?" asks whether, not where
  const intoBin = /함에 ?(?:같이 )?(?:넣|버|담)/.test(text) && !/어디|위치|근처|가까/.test(text);
  if (intoBin && known.things(text.replaceAll(/\S{0,20}(?:수거 ?|배출 ?)?함에/g, " ")).length > 0) {
    set("collection_point", 0);
    add("waste", 3);
  }
  if (!hasThing && of("recyclable_price") === 2 && of("waste") === 0) set("recyclable_price", 1);
}
