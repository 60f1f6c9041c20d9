import type { Knowledge, PriceEntry, Region } from "./schema.ts";
import { createSpotter } from "./spot.ts";
import { normalise, readText } from "./text.ts";

/**
 * What a price question is about.
 * `listed`: the survey has it. `not_surveyed`: a thing the survey does not list. `deposit`: a bottle's refund,
 * which is no market price. `unnamed`: the message names nothing we know; the survey may or may not have it.
 */
export type PriceStatus = "listed" | "not_surveyed" | "deposit" | "unnamed";

export type PriceAnswer = {
  status: PriceStatus;
  /** The survey's entries, in the order asked; an umbrella word (캔) brings several. */
  entries: PriceEntry[];
  /** The words of the message that decided the status. */
  asked: string[];
  /** Things asked for that the survey does not list, also beside ones it does. */
  missing: string[];
  /** The region the message names; nothing means the nationwide mean. */
  region?: Region;
};

export type PriceLookup = { findPrices: (message: string) => PriceAnswer };

const priceWords =
  "시세 가격 얼마 매입 단가 값 킬로 kg 킬로당 팔 팔면 팔아 팔고 파나 받아 받을 쳐줘 쳐주나 버려 버리 요즘 지금 오늘 현재".split(
    " ",
  );

type Named = { word: string; status: Exclude<PriceStatus, "unnamed">; entries: PriceEntry[] };

export function createPriceLookup({ prices }: Knowledge): PriceLookup {
  const spotGoods = createSpotter(namesOf(prices), priceWords);
  const spotRegion = createSpotter(
    prices.regions.flatMap((region) =>
      [region.name, ...region.areas].map((area): [string, Region] => [normalise(area), region]),
    ),
    priceWords,
  );

  return {
    findPrices: (message) => {
      const text = readText(message);
      const named = spotGoods(text).spotted.map(({ value }) => value);
      const region = spotRegion(text).spotted[0]?.value;
      const status =
        (["listed", "deposit", "not_surveyed"] as const).find((one) =>
          named.some((name) => name.status === one),
        ) ?? "unnamed";
      const entries = [...new Set(named.flatMap((name) => name.entries))];
      const asked = wordsOf(named, status);
      const missing = wordsOf(named, "not_surveyed");
      const answer: PriceAnswer = { status, entries, asked, missing };
      return region === undefined ? answer : { ...answer, region };
    },
  };
}

function wordsOf(named: readonly Named[], status: PriceStatus): string[] {
  return [...new Set(named.filter((one) => one.status === status).map(({ word }) => word))];
}

/** The price of an entry in a region, or the nationwide mean; nothing while no survey data is loaded. */
export function priceIn(entry: PriceEntry, region?: Region): number | undefined {
  const local = region === undefined ? undefined : entry.prices?.[region.id];
  return local ?? entry.prices?.nationwide;
}

/** Entries before umbrella words before what the survey lacks: of equal words the first one counts. */
function namesOf(prices: Knowledge["prices"]): [string, Named][] {
  const byId = new Map(prices.entries.map((entry) => [entry.id, entry]));
  const names: [string, Named][] = [];
  const add = (word: string, status: Named["status"], entries: PriceEntry[]) =>
    names.push([normalise(word), { word, status, entries }]);
  for (const entry of prices.entries) {
    for (const word of [entry.name, ...entry.synonyms]) add(word, "listed", [entry]);
  }
  for (const { words, items } of prices.umbrellas) {
    const entries = items.flatMap((id) => byId.get(id) ?? []);
    for (const word of words) add(word, "listed", entries);
  }
  for (const word of prices.deposits) add(word, "deposit", []);
  for (const word of prices.notSurveyed) add(word, "not_surveyed", []);
  return names;
}
