import type { Finding, Retrieval } from "../knowledge/retrieve.ts";
import type { Item, Knowledge, Rule, Tag } from "../knowledge/schema.ts";
import type { WasteAdvice } from "../llm/facts.ts";

export type Advise = (finding: Finding) => WasteAdvice;

const severity = { danger: 0, warn: 1, info: 2 } as const;
const maxExceptions = 4;
const bagged = "일반종량제폐기물";
/** A battery that swells or smokes is not discharged, taped or carried to a bin. */
const unsafeStates: ReadonlySet<string> = new Set(["발열_OR탄화_흔적"]);

type Topics = ReadonlyMap<string, ReadonlySet<Item>>;

/** Turns a finding into advice: the rule, narrowed to the thing and changed by the state it is in. */
export function createAdvise(knowledge: Knowledge, retrieval: Retrieval): Advise {
  let made: Topics | undefined; // by the first advice: a start needs none
  return ({ item, rule, matched, tags, score }) => {
    const topics = (made ??= topicsOf(knowledge, retrieval));
    const shown = tags.filter(({ priority }) => priority < 9 || item !== undefined).slice(0, 4);
    return {
      item: item?.name,
      matched,
      major: item?.major ?? rule.major,
      middle: item?.middle ?? rule.middle,
      summary: rule.summary,
      steps: stepsFor(rule, item, topics),
      asked: undefined,
      destination: item?.destination ?? toThing(rule.destination, item, topics),
      destinationFallback:
        item?.destination === undefined
          ? toThing(rule.destination_fallback ?? "", item, topics) || undefined
          : undefined,
      notes: item?.notes,
      stateAdvice: shown.map(({ effect }) => effect),
      reroute: rerouteOf(tags, item?.middle ?? rule.middle),
      hazard: item?.hazard ?? "none",
      isUnsafe: item?.hazard === "fire" && tags.some(({ name }) => unsafeStates.has(name)),
      isGentle: item?.gentle ?? false,
      warnings: warningsFor(rule, item),
      exceptions: exceptionsFor(rule, item, matched),
      alternatives: (item?.alternatives ?? []).map(({ when, middle }) => ({
        when,
        goesTo: middle,
      })),
      confidence: item?.confidence ?? rule.confidence,
      localNote: item?.notes === undefined ? rule.local_note : undefined,
      ruleId: rule.id,
      score,
    };
  };
}

function topicsOf({ rules, items }: Knowledge, retrieval: Retrieval): Topics {
  const topics = new Map<string, ReadonlySet<Item>>();
  for (const rule of rules) {
    for (const said of [
      ...rule.prepare,
      ...sentencesOf(rule.destination),
      ...sentencesOf(rule.destination_fallback ?? ""),
    ]) {
      topics.set(said, topicOf(said, rule, items, retrieval));
    }
  }
  return topics;
}

/** What a step is about when it speaks of some things only: "종이컵은 비우고 …". Empty: of all. */
function topicOf(said: string, rule: Rule, items: readonly Item[], retrieval: Retrieval) {
  const topic = /^(?:다만 )?([^,.]{1,30}?)(?:은|는)\s/.exec(said)?.[1] ?? "";
  const named = retrieval.find(topic).flatMap(({ item }) => item ?? []);
  // "상자" names no thing by itself, only kinds of it: 택배 상자, 치킨 상자
  const kinds = topic.length < 2 || sizeWords.test(topic) ? [] : kindsOf(topic, rule, items);
  return new Set([...named, ...kinds]);
}

const sentencesOf = (text: string) => text.split(/(?<=\.)\s+/);

/** What is said of a class, without its sentences about other things of it. */
function toThing(text: string, item: Item | undefined, topics: Topics): string {
  if (!item) return text;
  const [first = "", ...rest] = sentencesOf(text);
  return [first, ...rest.filter((said) => isAbout(topics.get(said), item))].join(" ");
}

const isAbout = (topic: ReadonlySet<Item> | undefined, item: Item) =>
  topic === undefined || topic.size === 0 || topic.has(item);

const ofLargeOnes = /^(?:대형|붙박이)/;
const sizeWords = /^(?:대형|소형)/;

function kindsOf(topic: string, rule: Rule, items: readonly Item[]): Item[] {
  return items.filter(
    ({ rule_id, name, synonyms }) =>
      rule_id === rule.id && [name, ...synonyms].some((one) => one.includes(topic)),
  );
}

function stepsFor(rule: Rule, item: Item | undefined, topics: Topics): readonly string[] {
  if (item?.prepare && item.prepare.length > 0) return item.prepare.map(asRequest);
  if (!item) return rule.prepare;
  // how to fill a bag is no news about a receipt; its note says what is
  if (item.middle === bagged && item.notes !== undefined) return [];
  const isSmall = item.destination?.includes("소형가전") ?? false;
  return rule.prepare.filter(
    (step) => isAbout(topics.get(step), item) && !(isSmall && ofLargeOnes.test(step)),
  );
}

/** "단자를 테이프로 가린다" → "단자를 테이프로 가리세요": steps of items are notes, a person is asked. */
export function asRequest(step: string): string {
  const plain = step.replace(/[.。]$/, "");
  if (plain.endsWith("지 않는다")) return `${plain.slice(0, -4)} 마세요.`;
  if (plain.endsWith("는다")) return `${plain.slice(0, -2)}으세요.`;
  const last = /(.)다$/.exec(plain)?.[1];
  if (last === undefined) return plain;
  const code = last.charCodeAt(0) - 0xac00;
  if (!(code >= 0 && code < 11_172) || code % 28 !== 4) return plain;
  return `${plain.slice(0, -2)}${String.fromCharCode(last.charCodeAt(0) - 4)}세요.`; // 턴다 → 터세요 too
}

function warningsFor(rule: Rule, item: Item | undefined): readonly string[] {
  const names = item && [item.name, ...item.synonyms];
  return rule.hazards
    .filter(({ level, kind, about }) => {
      if (!names) return level !== "info";
      if (item.hazard === "none" || level === "info") return false;
      if (about && !about.some((part) => names.some((name) => name.includes(part)))) return false;
      return kind === undefined || kind === item.hazard;
    })
    .toSorted((a, b) => severity[a.level] - severity[b.level])
    .map(({ text }) => text);
}

function exceptionsFor(
  rule: Rule,
  item: Item | undefined,
  matched: string,
): WasteAdvice["exceptions"] {
  const all = rule.exceptions.map(({ match, goes_to }) => ({
    names: match,
    what: match.slice(0, 6).join(", "),
    goesTo: goes_to,
  }));
  const relevant = item
    ? all.filter(
        ({ names, goesTo }) =>
          goesTo !== item.middle &&
          !item.alternatives?.some(({ middle }) => middle === goesTo) &&
          names.some((name) => name.includes(item.name) || name.includes(matched)),
      )
    : all;
  return relevant.slice(0, maxExceptions).map(({ what, goesTo }) => ({ what, goesTo }));
}

function rerouteOf(tags: readonly Tag[], middle: string): string | undefined {
  const to = tags.find(({ implies }) => implies.reroute !== undefined)?.implies.reroute;
  return to === middle ? undefined : to;
}
