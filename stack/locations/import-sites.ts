import type { KakaoLocal } from "../../shared/apis/kakao-local.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { ensureGeography } from "../../shared/locations/geo-index.ts";
import {
  type SiteFacts,
  type SiteRow,
  type SiteSource,
  rowOf,
} from "../../shared/locations/site.ts";
import { removeOthers, removeSamples, writeSites } from "../../shared/locations/write-sites.ts";
import { readFacts } from "./read-facts.ts";
import type { Row } from "./read-rows.ts";

export interface ImportWish {
  readonly source: SiteSource;
  /** Sites of the source that the file no longer has are removed. */
  readonly replaces: boolean;
  /** Nothing is written. */
  readonly isDry: boolean;
  /** Looks addresses up for rows without coordinates. */
  readonly kakao: Pick<KakaoLocal, "geocodeAddress"> | undefined;
  readonly tell: (what: string, done: number, of: number) => void;
}

export interface ImportReport {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly withoutCoordinates: number;
  readonly located: number;
  /** Why rows were refused: how many, and the first few by number (1 is the first after the names). */
  readonly refused: ReadonlyMap<string, { count: number; rows: number[] }>;
  readonly removed: number;
  readonly hasGeography: boolean;
}

const rowsTold = 5;
const geocodersAtOnce = 8;

/** Imports rows of a data set: all in one transaction, by their ids, so that a second run changes nothing. */
export async function importSites(
  sql: Sql,
  rows: readonly Row[],
  wish: ImportWish,
): Promise<ImportReport> {
  const refused = new Map<string, { count: number; rows: number[] }>();
  const refuse = (why: string, number: number) => {
    const known = refused.get(why) ?? { count: 0, rows: [] };
    known.count++;
    if (known.rows.length < rowsTold) known.rows.push(number);
    refused.set(why, known);
  };
  const good: SiteFacts[] = [];
  const ids = new Set<string>();
  for (const [i, row] of rows.entries()) {
    const reading = readFacts(row, wish.source);
    if ("refused" in reading) {
      refuse(reading.refused, i + 1);
      continue;
    }
    const id = rowOf(reading.facts).source_pk;
    if (ids.has(id)) refuse("an earlier row has its id", i + 1);
    else good.push(reading.facts);
    ids.add(id);
  }
  const missing = good.filter(({ latitude }) => latitude === null).length;
  const located = wish.kakao ? await locate(good, wish.kakao, wish.tell) : 0;
  const counts = {
    read: rows.length,
    refused,
    located,
    withoutCoordinates: missing - located,
  };
  const none = { inserted: 0, updated: 0, unchanged: 0, removed: 0, hasGeography: false };
  if (wish.isDry || good.length === 0) return { ...counts, ...none };
  return { ...counts, ...(await write(sql, good.map(rowOf), wish)) };
}

async function write(sql: Sql, rows: readonly SiteRow[], { source, replaces, tell }: ImportWish) {
  const done = await sql.begin(async (tx) => {
    // large files take longer than a request may
    await tx`set local statement_timeout = 0`;
    const inside = tx as unknown as Sql;
    const samples = await removeSamples(inside, source);
    const written = await writeSites(inside, rows, (done) => tell("written", done, rows.length));
    const kept = rows.map(({ source_pk }) => source_pk);
    const gone = replaces ? await removeOthers(inside, source, kept) : 0;
    return { ...written, removed: samples + gone };
  });
  const hasGeography = await ensureGeography(sql);
  await sql`analyze location.location_normalized_sites`;
  return { ...done, hasGeography };
}

/** Fills in coordinates by address, in place. Returns how many were found. */
async function locate(
  sites: SiteFacts[],
  kakao: Pick<KakaoLocal, "geocodeAddress">,
  tell: ImportWish["tell"],
): Promise<number> {
  const open = [...sites.entries()].filter(([, site]) => site.latitude === null);
  const { signal } = new AbortController();
  let [next, done, found] = [0, 0, 0];
  const work = async () => {
    for (let task = open[next++]; task; task = open[next++]) {
      const [at, site] = task;
      const address = site.roadAddress ?? site.lotAddress;
      const place = address === null ? undefined : await kakao.geocodeAddress(address, signal);
      if (place?.ok) {
        const { latitude, longitude } = place.data;
        sites[at] = { ...site, latitude, longitude };
        found++;
      } else if (place && ["auth", "quota", "not_configured"].includes(place.kind)) {
        throw new Error(place.message);
      }
      tell("looked up", ++done, open.length);
    }
  };
  await Promise.all(Array.from({ length: geocodersAtOnce }, work));
  return found;
}
