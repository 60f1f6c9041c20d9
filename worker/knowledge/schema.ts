// The knowledge files' shapes. One file is a header and a list of records; what records promise
// each other is checked in cross-check.ts.
import * as v from "valibot";
import { majors, middles } from "./classes.ts";

const schemaVersion = 1;

const Text = v.pipe(v.string(), v.trim(), v.nonEmpty());
const Texts = v.array(Text);
const Id = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "id is lower-case with hyphens"));
const MajorName = v.picklist(majors, "unknown class");
const MiddleName = v.picklist(middles, "unknown class");
const Confidence = v.picklist(["A", "B", "C"]);

export const Rule = v.strictObject({
  id: Id,
  major: MajorName,
  middle: MiddleName,
  summary: Text,
  prepare: Texts,
  destination: Text,
  destination_fallback: v.optional(Text),
  exceptions: v.array(
    v.strictObject({
      match: v.pipe(Texts, v.nonEmpty()),
      goes_to: MiddleName,
      reason: v.optional(Text),
    }),
  ),
  hazards: v.array(
    v.strictObject({
      level: v.picklist(["info", "warn", "danger"]),
      text: Text,
      /** The things it warns of by their own hazard; without it, whatever is dangerous at all. */
      kind: v.optional(v.picklist(["fire", "toxic", "sharp"])),
      /** Parts of the names of the only things it is about. */
      about: v.optional(v.pipe(Texts, v.nonEmpty())),
    }),
  ),
  confidence: Confidence,
  local_note: v.optional(Text),
  keywords: Texts,
});
export type Rule = v.InferOutput<typeof Rule>;

export const Item = v.strictObject({
  id: Id,
  name: Text,
  synonyms: Texts,
  major: MajorName,
  middle: MiddleName,
  alternatives: v.optional(
    v.array(v.strictObject({ when: Text, major: MajorName, middle: MiddleName })),
  ),
  prepare: v.optional(Texts),
  /** Where it goes, when that is not where its class goes. */
  destination: v.optional(Text),
  notes: v.optional(Text),
  /** It is a loss rather than a chore; `notes` then say everything. */
  gentle: v.optional(v.boolean()),
  hazard: v.picklist(["none", "fire", "toxic", "sharp"]),
  rule_id: Id,
  character: v.nullable(Text),
  confidence: Confidence,
});
export type Item = v.InferOutput<typeof Item>;

export const Tag = v.strictObject({
  name: Text,
  group: Text,
  effect: Text,
  /** 1 safety … 9 information; the lower number speaks first. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
  /** The classes whose items may carry the tag; without it, all of them. */
  classes: v.optional(v.array(MiddleName)),
  implies: v.strictObject({
    step_add: Texts,
    step_skip: Texts,
    reroute: v.optional(MiddleName),
  }),
  /** Words people type that signal the tag. */
  cues: Texts,
  /** Longer wordings that signal the tag whatever the class. */
  phrases: v.optional(Texts),
});
export type Tag = v.InferOutput<typeof Tag>;

export const Character = v.strictObject({
  code: Id,
  name: Text,
  type: v.picklist(["기본", "재활용"]),
  match_label: v.nullable(MiddleName),
  catalog_label: v.optional(Text),
  aliases: Texts,
  /** Those of name and aliases that are also everyday words. */
  everyday: Texts,
  personality: Text,
  lines: v.pipe(Texts, v.minLength(2), v.maxLength(4)),
  asset_key: Text,
  is_default: v.boolean(),
});
export type Character = v.InferOutput<typeof Character>;

const regionIds = [
  "nationwide",
  "capital",
  "gangwon",
  "chungbuk",
  "chungnam",
  "jeonbuk",
  "jeonnam",
  "gyeongbuk",
  "gyeongnam",
] as const;
const RegionId = v.picklist(regionIds);

export const PriceEntry = v.strictObject({
  id: Id,
  category: Text,
  name: Text,
  synonyms: Texts,
  unit: v.literal("원/kg"),
  prices: v.optional(v.record(RegionId, v.number())),
  surveyed: v.optional(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}$/, "surveyed is YYYY-MM"))),
});
export type PriceEntry = v.InferOutput<typeof PriceEntry>;

const Region = v.strictObject({ id: RegionId, name: Text, areas: Texts });
export type Region = v.InferOutput<typeof Region>;

export const CollectionPoint = v.strictObject({
  item_type: v.picklist([
    "clothes",
    "battery",
    "fluorescent_lamp",
    "phone",
    "small_electronics",
    "medicine",
    "paper_pack",
    "cooking_oil",
  ]),
  name: Text,
  middle: MiddleName,
  words: v.pipe(Texts, v.nonEmpty()),
  where: v.pipe(Texts, v.nonEmpty()),
  accepts: v.pipe(Texts, v.nonEmpty()),
  rejects: Texts,
  ask: v.pipe(Texts, v.nonEmpty()),
  note: v.optional(Text),
  confidence: Confidence,
});
export type CollectionPoint = v.InferOutput<typeof CollectionPoint>;

const header = {
  schema_version: v.literal(schemaVersion, "unknown schema_version"),
  updated: v.pipe(v.string(), v.isoDate()),
  records: v.array(v.unknown()),
};

/** A file without its records, which are parsed one by one so that a flaw can name its record. */
export const Header = v.variant("kind", [
  v.strictObject({ ...header, kind: v.literal("waste_rules") }),
  v.strictObject({ ...header, kind: v.literal("items") }),
  v.strictObject({ ...header, kind: v.literal("tags") }),
  v.strictObject({ ...header, kind: v.literal("characters") }),
  v.strictObject({ ...header, kind: v.literal("collection_points") }),
  v.strictObject({
    ...header,
    kind: v.literal("price_catalog"),
    categories: v.array(v.strictObject({ id: Id, name: Text })),
    regions: v.pipe(v.array(Region), v.length(regionIds.length)),
    umbrellas: v.array(v.strictObject({ words: Texts, items: v.array(Id) })),
    not_surveyed: Texts,
    deposits: Texts,
  }),
]);
export type Header = v.InferOutput<typeof Header>;

/** Everything about prices: the survey's names, never a number we do not have. */
export type PriceCatalog = {
  categories: { id: string; name: string }[];
  regions: Region[];
  umbrellas: { words: string[]; items: string[] }[];
  notSurveyed: string[];
  deposits: string[];
  entries: PriceEntry[];
};

export type Knowledge = {
  rules: Rule[];
  items: Item[];
  tags: Tag[];
  characters: Character[];
  prices: PriceCatalog;
  collectionPoints: CollectionPoint[];
};
