import type { Sql } from "../clients/postgres.ts";
import { type Site, siteColumns } from "./search-nearby.ts";
import { searchable } from "./site.ts";

/** Words of one search that are looked at. */
const mostWords = 6;
/** Rows that are ranked; a word that fits more is too common for a rank to mean much. */
const ranked = 300;
/** A vowel or consonant alone, at the end of what is being typed. */
const unfinished = /[ㄱ-ㅎㅏ-ㅣ]+$/;

export interface TextSearch {
  readonly text: string;
  readonly limit: number;
  readonly source?: Site["source"] | undefined;
  /** Made-up sites of the sample set too; by default not. */
  readonly withSamples?: boolean | undefined;
  /** Only sites whose coordinates are known. */
  readonly onMap?: boolean | undefined;
}

/** Sites whose name or address holds every word; names before addresses, short names first. */
export async function findByText(sql: Sql, search: TextSearch): Promise<Site[]> {
  const words = search.text
    .normalize("NFC")
    .replace(unfinished, "")
    .split(/\s+/)
    .map(searchable)
    .filter((word) => word !== "")
    .slice(0, mostWords);
  const [first = ""] = words;
  if (first === "") return [];
  // pairs of letters are what the index has; the whole word is looked for in what they find
  const holds = words.map((word) => {
    const whole = sql`and strpos(search_text, ${word}) > 0`;
    return word.length > 1
      ? sql`and location.pairs(search_text) @> location.pairs(${word}) ${whole}`
      : whole;
  });
  return sql<Site[]>`
    select ${siteColumns(sql)} from (
      select * from location.location_normalized_sites
      where true ${holds.reduce((all, one) => sql`${all} ${one}`, sql``)}
      ${search.source ? sql`and source = ${search.source}` : sql``}
      ${search.withSamples ? sql`` : sql`and not is_sample`}
      ${search.onMap ? sql`and positn_pstn_lat is not null` : sql``}
      limit ${ranked}
    ) as found
    order by strpos(split_part(search_text, chr(10), 1), ${first}) = 0, length(shown_name), positn_sn
    limit ${search.limit}`;
}
