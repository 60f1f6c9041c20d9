import * as v from "valibot";
import { crossCheck, type Placed } from "./cross-check.ts";
import {
  Character,
  CollectionPoint,
  Header,
  Item,
  type Knowledge,
  type PriceCatalog,
  PriceEntry,
  Rule,
  Tag,
} from "./schema.ts";
import { sources } from "./sources.ts";

/** One knowledge file: its name under worker/knowledge, and what the YAML says. */
export type Source = { file: string; data: unknown };

/** Every flaw of the knowledge files at once, one per line: file, record, field and what is wrong. */
export class KnowledgeError extends Error {
  override readonly name = "KnowledgeError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`knowledge has ${problems.length} problem(s):\n${problems.join("\n")}`);
    this.problems = problems;
  }
}

/** The knowledge that ships with the worker, checked. Call it once, at start-up. Throws `KnowledgeError`. */
export function loadKnowledge(): Knowledge {
  return validateKnowledge(sources);
}

/** Throws one `KnowledgeError` that lists every problem in all the files. */
export function validateKnowledge(files: readonly Source[]): Knowledge {
  const problems: string[] = [];
  const rules: Placed<Rule>[] = [];
  const items: Placed<Item>[] = [];
  const tags: Placed<Tag>[] = [];
  const characters: Placed<Character>[] = [];
  const collectionPoints: Placed<CollectionPoint>[] = [];
  const entries: Placed<PriceEntry>[] = [];
  let catalog: Placed<Omit<PriceCatalog, "entries">> | undefined;

  for (const { file, data } of files) {
    const header = v.safeParse(Header, data);
    if (!header.success) {
      for (const issue of header.issues) problems.push(describe(file, "header", issue));
      continue;
    }
    const collect = <S extends v.GenericSchema>(schema: S, into: Placed<v.InferOutput<S>>[]) =>
      header.output.records.forEach((record, index) => {
        const id = nameOf(record) ?? `record ${index + 1}`;
        const parsed = v.safeParse(schema, record);
        if (parsed.success) into.push({ file, id, record: parsed.output });
        else for (const issue of parsed.issues) problems.push(describe(file, id, issue));
      });
    const { output } = header;
    switch (output.kind) {
      case "waste_rules":
        collect(Rule, rules);
        break;
      case "items":
        collect(Item, items);
        break;
      case "tags":
        collect(Tag, tags);
        break;
      case "characters":
        collect(Character, characters);
        break;
      case "collection_points":
        collect(CollectionPoint, collectionPoints);
        break;
      case "price_catalog": {
        collect(PriceEntry, entries);
        const { categories, regions, umbrellas, not_surveyed: notSurveyed, deposits } = output;
        const record = { categories, regions, umbrellas, notSurveyed, deposits };
        catalog = { file, id: "header", record };
        break;
      }
    }
  }

  const placed = { rules, items, tags, characters, collectionPoints, entries, catalog };
  problems.push(...crossCheck(placed));
  if (problems.length > 0 || catalog === undefined) throw new KnowledgeError(problems);
  return {
    rules: records(rules),
    items: records(items),
    tags: records(tags),
    characters: records(characters),
    collectionPoints: records(collectionPoints),
    prices: { ...catalog.record, entries: records(entries) },
  };
}

function records<T>(placed: readonly Placed<T>[]): T[] {
  return placed.map(({ record }) => record);
}

function describe(file: string, id: string, issue: v.BaseIssue<unknown>): string {
  return `${file} ${id} ${v.getDotPath(issue) ?? "record"}: ${issue.message}`;
}

/** What a person would look for in the file: the record's id, or the name it has instead. */
function nameOf(record: unknown): string | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  for (const field of ["id", "code", "item_type", "name"]) {
    const value: unknown = Reflect.get(record, field);
    if (typeof value === "string") return value;
  }
  return undefined;
}
