import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { location } from "../../shared/limits.ts";
import { findByText } from "../../shared/locations/find-by-text.ts";
import { weekdayIn } from "../../shared/locations/opening-hours.ts";
import { type NearSite, searchNearby } from "../../shared/locations/search-nearby.ts";
import type { Place } from "../../shared/places/place.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";
import { isEmpty, type Kakao } from "./kakao.ts";
import { mergeEntries } from "./merge.ts";
import { searchQuery, searchRadiusParam, textParam } from "./query.ts";
import { LocationEntry } from "./schemas.ts";

/** GET what lies around the place a text names. */
export const searchLocations: Handle = async (c, deps) => {
  const { text, radiusMeters } = searchQuery(c);
  const now = deps.clock.wallMs();
  const sitesAround = (place: Place): Promise<NearSite[]> =>
    query(
      searchNearby(deps.sql, {
        place,
        radiusMeters,
        limit: location.searchSites,
        weekday: weekdayIn(now),
        withSamples: true,
      }),
    );
  if (!deps.kakao) {
    const anchor = await anchorOf(deps, text);
    return c.json(anchor ? mergeEntries(anchor, await sitesAround(anchor), [], now) : []);
  }
  const { signal } = c.req.raw;
  const [anchor] = await placesBy(deps.kakao, { query: text, size: 10 }, signal);
  if (!anchor) return c.json([]);
  const around = { query: text, place: anchor, radiusMeters, size: 15, sort: "distance" } as const;
  const [places, sites] = await Promise.all([
    placesBy(deps.kakao, around, signal),
    sitesAround(anchor),
  ]);
  return c.json(mergeEntries(anchor, sites, places, now));
};

/** Hits of Kakao. Throws `KAKAO_API_UNAVAILABLE`. */
export async function placesBy(
  kakao: Kakao,
  search: Parameters<Kakao["searchKeyword"]>[0],
  signal: AbortSignal,
) {
  const found = await kakao.searchKeyword(search, signal);
  if (found.ok) return found.data.places;
  if (isEmpty(found)) return [];
  throw new AppError("KAKAO_API_UNAVAILABLE", { cause: new Error(found.message) });
}

/** Without Kakao: the first site of ours that fits, else the middle of the district that is named. */
async function anchorOf({ sql }: Pick<Deps, "sql">, text: string): Promise<Place | undefined> {
  const search = { text, limit: 1, onMap: true, withSamples: true };
  const [site] = await query(findByText(sql, search));
  if (site && site.latitude !== null && site.longitude !== null) {
    return { latitude: site.latitude, longitude: site.longitude };
  }
  const { findCenter } = await import("../../shared/places/district-centers.ts");
  return findCenter(text);
}

export const searchLocationsDoc: RouteDoc = {
  summary: "What lies around the place a text names",
  description:
    "With Kakao: its hits and our sites. Without: our sites around the first one whose name or address fits, else around the named district.",
  tag: "locations",
  query: { q: textParam, radius: searchRadiusParam },
  answers: { 200: { about: "the nearest first", body: v.array(LocationEntry) } },
  errors: ["KAKAO_API_UNAVAILABLE"],
};
