import type { Item, Knowledge, Rule } from "./schema.ts";
import { normalise } from "./text.ts";

/** What a surface form stands for: an item, or with no item a whole class. */
export type Name = { item?: Item; rule: Rule; method: "exact" | "alias" | "rule-keyword" };

/** How much a plain mention of each kind of name is worth, 0..1. */
export const nameScores = { exact: 1, alias: 0.95, "rule-keyword": 0.7 };

/** Names before synonyms before class words: of equal surfaces the first one counts. */
export function* namesOf({ items, rules }: Knowledge): Iterable<[string, Name]> {
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const itemsWithRule = items.flatMap((item) => {
    const rule = ruleById.get(item.rule_id);
    return rule === undefined ? [] : [{ item, rule }];
  });
  for (const { item, rule } of itemsWithRule) {
    yield [normalise(item.name), { item, rule, method: "exact" }];
  }
  for (const { item, rule } of itemsWithRule) {
    const name: Name = { item, rule, method: "alias" };
    for (const synonym of item.synonyms) yield [normalise(synonym), name];
  }
  for (const rule of rules) {
    const name: Name = { rule, method: "rule-keyword" };
    for (const word of rule.keywords) yield [normalise(word), name];
  }
}
