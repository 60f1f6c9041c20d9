import type { KakaoPlace } from "../../shared/apis/kakao-wire.ts";
import { location } from "../../shared/limits.ts";
import type { NearSite } from "../../shared/locations/search-nearby.ts";
import { distanceMeters, type Place } from "../../shared/places/place.ts";
import { entryOf, kakaoEntryOf } from "./entry.ts";
import type { LocationEntry } from "./schemas.ts";

/**
 * Our sites and Kakao's hits around an anchor, the nearest first. A hit right beside a site of ours is the same place, and
 * ours knows more of it. Hits get the ids -1, -2 … in the order of the list.
 */
export function mergeEntries(
  anchor: Place,
  sites: readonly NearSite[],
  places: readonly KakaoPlace[],
  wallMs: number,
): LocationEntry[] {
  const others = places.filter(
    (place) => !sites.some((site) => distanceMeters(site, place) <= location.samePlaceMeters),
  );
  const all = [
    ...sites.map((site) => ({ site, place: undefined, meters: site.meters })),
    ...others.map((place) => ({ site: undefined, place, meters: distanceMeters(anchor, place) })),
  ].sort((a, b) => a.meters - b.meters);
  let id = 0;
  return all.map(({ site, place, meters }) =>
    site ? entryOf(site, wallMs) : kakaoEntryOf(place, --id, meters),
  );
}
