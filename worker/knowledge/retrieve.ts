import type { Middle } from "./classes.ts";
import { createCueReader } from "./cues.ts";
import { type Name, nameScores, namesOf } from "./names.ts";
import type { Item, Knowledge, Rule, Tag } from "./schema.ts";
import { createSpotter, type Spotted } from "./spot.ts";
import { normalise, readText, typedBetween } from "./text.ts";
import { createUnknownWordReader, type Found, type Method } from "./unknown-words.ts";

/** One thing a message is about. Without `item` only its class is known. */
export type Finding = {
  item?: Item;
  rule: Rule;
  /** 0..1: how surely the message means it. */
  score: number;
  /** What the person typed for it. */
  matched: string;
  method: Method;
  /** What the message says about its state, safety first. */
  tags: Tag[];
};

export type FindOptions = {
  /** At most this many findings, the surest kept. */
  limit?: number;
  /** Findings below this score are left out. */
  minScore?: number;
};

export type Retrieval = {
  /** The things a message names, in its order; nothing when it names none we know. */
  find: (message: string, options?: FindOptions) => Finding[];
  /** The rule of a class and the items in it. */
  retrieveByClass: (middle: Middle) => { rule: Rule; items: Item[] } | undefined;
};

const defaultLimit = 5;
const defaultMinScore = 0.25;

/** Prepares the index once; `find` only reads it. */
export function createRetrieval(knowledge: Knowledge): Retrieval {
  const ruleByMiddle = new Map(knowledge.rules.map((rule) => [rule.middle, rule]));
  const names = [...namesOf(knowledge)];
  const surfaces = new Set(names.map(([surface]) => surface));
  const spot = createSpotter(names);
  const readUnknownWords = createUnknownWordReader(
    names,
    knowledge.characters.map(({ name }) => name),
  );
  const cues = createCueReader(knowledge.tags);

  return {
    find: (message, { limit = defaultLimit, minScore = defaultMinScore } = {}) => {
      const { plain, typed } = namedByMaterial(message, surfaces);
      const text = readText(plain);
      const { spotted, fillers } = spot(text);
      const states = cues.statesIn(text);
      const guessed = readUnknownWords(text, spotted, [...fillers, ...states]);
      const merged = mergeFound(spotted, guessed).filter(({ score }) => score >= minScore);
      const things = merged.filter((one) => !cues.isPartOfState(one, states));
      const found = things.length > 0 ? things : merged;
      const tags = cues.tagsOf(
        text,
        found.map(({ start, end, name }) => ({ start, end, middle: name.rule.middle })),
      );
      const findings = found.map(({ start, end, name, method, score }, index): Finding => {
        const rest = { rule: name.rule, score, method, tags: tags[index] ?? [] };
        const finding = { ...rest, matched: typed(typedBetween(text, start, end)) };
        return name.item === undefined ? finding : { item: name.item, ...finding };
      });
      return keepSurest(withoutRepeats(findings), limit);
    },
    retrieveByClass: (middle) => {
      const rule = ruleByMiddle.get(middle);
      if (rule === undefined) return undefined;
      return { rule, items: knowledge.items.filter((item) => item.middle === middle) };
    },
  };
}

const material =
  /(유리|플라스틱|종이|금속|철|스텐|스테인리스|나무|고무|비닐|스티로폼|도자기|사기)(?:(?:으로|로) ?(?:된|만든|만들어진|돼 ?있는|되어 ?있는)| ?재질(?:의|인)?) ?([가-힣]{1,15})/g;

/**
 * "유리로 된 반찬통" → "유리 반찬통", where there is a thing of that name: it goes elsewhere than 반찬통. `typed`
 * gives back what stood there.
 */
function namedByMaterial(message: string, surfaces: ReadonlySet<string>) {
  const changed = new Map<string, string>();
  const plain = message
    .normalize("NFC")
    .replaceAll(material, (whole, made: string, word: string) => {
      for (let end = word.length; end > 0; end--) {
        const name = `${made} ${word.slice(0, end)}`;
        if (!surfaces.has(normalise(name))) continue;
        changed.set(name, whole.slice(0, whole.length - (word.length - end)));
        return `${made} ${word}`;
      }
      return whole;
    });
  return { plain, typed: (matched: string) => changed.get(matched) ?? matched };
}

/** A guess for a whole word replaces the shorter name inside it. */
function mergeFound(spotted: readonly Spotted<Name>[], guessed: readonly Found[]): Found[] {
  const kept = spotted
    .filter(({ start, end }) => !guessed.some((one) => one.start <= start && one.end >= end))
    .map(({ start, end, value, certainty }): Found => {
      const score = nameScores[value.method] * certainty;
      return { start, end, name: value, method: value.method, score };
    });
  return [...kept, ...guessed].sort((a, b) => a.start - b.start);
}

/** One finding for each item; a class word adds nothing beside an item of that class. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const kept: Finding[] = [];
  for (const finding of findings) {
    const { item, rule } = finding;
    if (item === undefined && findings.some((one) => one.item !== undefined && one.rule === rule)) {
      continue;
    }
    const same = kept.findIndex((one) => one.item === item && one.rule === rule);
    const first = kept[same];
    if (first === undefined) {
      kept.push(finding);
      continue;
    }
    const tags = [...new Set([...first.tags, ...finding.tags])];
    tags.sort((a, b) => a.priority - b.priority);
    kept[same] = { ...(finding.score > first.score ? finding : first), tags };
  }
  return kept;
}

function keepSurest(findings: readonly Finding[], limit: number): Finding[] {
  if (findings.length <= limit) return [...findings];
  const surest = new Set(findings.toSorted((a, b) => b.score - a.score).slice(0, limit));
  return findings.filter((finding) => surest.has(finding));
}
