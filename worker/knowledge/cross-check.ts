// What knowledge records promise each other, beyond their own shape.
import { majorOf, middles } from "./classes.ts";
import type {
  Character,
  CollectionPoint,
  Item,
  PriceCatalog,
  PriceEntry,
  Rule,
  Tag,
} from "./schema.ts";
import { normalise } from "./text.ts";

const tagCount = 79;
const characterCount = 13;

/** A record and where it was written, so that a problem can name the place. */
export type Placed<T> = { file: string; id: string; record: T };

type PlacedKnowledge = {
  rules: readonly Placed<Rule>[];
  items: readonly Placed<Item>[];
  tags: readonly Placed<Tag>[];
  characters: readonly Placed<Character>[];
  collectionPoints: readonly Placed<CollectionPoint>[];
  entries: readonly Placed<PriceEntry>[];
  catalog: Placed<Omit<PriceCatalog, "entries">> | undefined;
};

/** Every broken promise, as `file record field: what is wrong`. */
export function crossCheck(all: PlacedKnowledge): string[] {
  return [
    ...checkRules(all.rules),
    ...checkItems(all),
    ...checkTags(all.tags),
    ...checkCharacters(all.characters),
    ...checkPrices(all),
    ...checkCollectionPoints(all.collectionPoints),
  ];
}

function checkRules(rules: readonly Placed<Rule>[]): string[] {
  const problems = [
    ...repeats("id", rules, ({ id }) => [id]),
    ...repeats("middle", rules, ({ middle }) => [middle]),
    ...repeats("keywords", rules, ({ keywords }) => keywords),
  ];
  for (const placed of rules) {
    const { major, middle, confidence, local_note: note } = placed.record;
    problems.push(...checkClass(placed, major, middle));
    if (confidence !== "A" && note === undefined) {
      problems.push(at(placed, "local_note", `missing, but confidence is ${confidence}`));
    }
  }
  for (const middle of middles) {
    if (rules.some(({ record }) => record.middle === middle)) continue;
    problems.push(`rules.yaml - middle: no rule for class ${middle}`);
  }
  return problems;
}

function checkItems({ items, rules, characters }: PlacedKnowledge): string[] {
  const ruleById = new Map(rules.map(({ record }) => [record.id, record]));
  const characterOf = new Map(
    characters.map(({ record }) => [record.match_label, record.name] as const),
  );
  const problems = [
    ...repeats("id", items, ({ id }) => [id]),
    ...repeats("synonyms", items, ({ name, synonyms }) => [name, ...synonyms]),
  ];
  for (const placed of items) {
    const item = placed.record;
    problems.push(...checkClass(placed, item.major, item.middle));
    for (const other of item.alternatives ?? []) {
      problems.push(...checkClass(placed, other.major, other.middle, "alternatives.middle"));
    }
    const rule = ruleById.get(item.rule_id);
    if (rule === undefined) {
      problems.push(at(placed, "rule_id", `missing rule "${item.rule_id}"`));
    } else if (rule.middle !== item.middle) {
      problems.push(at(placed, "rule_id", `${rule.id} is for ${rule.middle}, not ${item.middle}`));
    }
    const expected = characterOf.get(item.middle) ?? null;
    if (item.character !== expected) {
      const found = `${item.character ?? "null"} does not match class ${item.middle}`;
      problems.push(at(placed, "character", `${found} (expected ${expected ?? "null"})`));
    }
    if (item.confidence !== "A" && item.notes === undefined) {
      problems.push(at(placed, "notes", `missing, but confidence is ${item.confidence}`));
    }
  }
  return problems;
}

function checkTags(tags: readonly Placed<Tag>[]): string[] {
  const problems = repeats("name", tags, ({ name }) => [name]);
  if (tags.length !== tagCount) {
    problems.push(`tags.yaml - records: ${tags.length} tags, expected ${tagCount}`);
  }
  return problems;
}

function checkCharacters(characters: readonly Placed<Character>[]): string[] {
  const problems = [
    ...repeats("code", characters, ({ code }) => [code]),
    ...repeats("aliases", characters, ({ name, aliases }) => [name, ...aliases]),
    ...repeats("match_label", characters, (record) => [record.match_label ?? "(none)"]),
  ];
  if (characters.length !== characterCount) {
    const found = `${characters.length} characters, expected ${characterCount}`;
    problems.push(`characters.yaml - records: ${found}`);
  }
  const defaults = characters.filter(({ record }) => record.is_default);
  if (defaults.length !== 1) {
    problems.push(`characters.yaml - is_default: ${defaults.length} defaults, expected 1`);
  }
  for (const placed of characters) {
    const { name, aliases, everyday, is_default: isDefault, match_label: label } = placed.record;
    if (isDefault !== (label === null)) {
      problems.push(at(placed, "match_label", "null for the default character, and only for it"));
    }
    for (const word of everyday) {
      if (word === name || aliases.includes(word)) continue;
      problems.push(at(placed, "everyday", `"${word}" is neither the name nor an alias`));
    }
  }
  return problems;
}

function checkPrices({ entries, catalog }: PlacedKnowledge): string[] {
  const problems = [
    ...repeats("id", entries, ({ id }) => [id]),
    ...repeats("synonyms", entries, ({ name, synonyms }) => [name, ...synonyms]),
  ];
  if (catalog === undefined) return [...problems, "prices.yaml - kind: no price_catalog"];
  const categories = new Set(catalog.record.categories.map(({ id }) => id));
  for (const placed of entries) {
    const { category, prices, surveyed } = placed.record;
    if (!categories.has(category)) {
      problems.push(at(placed, "category", `unknown category "${category}"`));
    }
    if ((prices === undefined) !== (surveyed === undefined)) {
      problems.push(at(placed, "surveyed", "prices and the month of their survey go together"));
    }
  }
  const known = new Set(entries.map(({ record }) => record.id));
  for (const id of catalog.record.umbrellas.flatMap(({ items }) => items)) {
    if (!known.has(id)) problems.push(at(catalog, "umbrellas", `unknown item "${id}"`));
  }
  return problems;
}

function checkCollectionPoints(points: readonly Placed<CollectionPoint>[]): string[] {
  return [
    ...repeats("item_type", points, (record) => [record.item_type]),
    ...repeats("words", points, ({ words }) => words),
  ];
}

function checkClass(
  placed: Placed<unknown>,
  major: string,
  middle: string,
  field = "middle",
): string[] {
  if (majorOf(middle) === major) return [];
  return [at(placed, field, `${middle} does not belong to ${major}`)];
}

/** Words that two records share, or that one record says twice. */
function repeats<T>(
  field: string,
  placed: readonly Placed<T>[],
  wordsOf: (record: T) => readonly string[],
): string[] {
  const owners = new Map<string, Placed<T>>();
  const problems: string[] = [];
  for (const one of placed) {
    for (const word of wordsOf(one.record)) {
      const key = normalise(word);
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, one);
      else problems.push(at(one, field, `duplicate "${word}", also in ${owner.file} ${owner.id}`));
    }
  }
  return problems;
}

function at(placed: Placed<unknown>, field: string, what: string): string {
  return `${placed.file} ${placed.id} ${field}: ${what}`;
}
