import * as v from "valibot";
import type { Cache } from "../../shared/apis/cache.ts";
import type { KakaoLocal } from "../../shared/apis/kakao-local.ts";
import type { CollectionPoint } from "./keco-wire.ts";
import type { Keco } from "./keco.ts";
import { distanceMeters, type Place, refusePlace } from "../../shared/places/place.ts";
import { type ApiResult, succeed } from "../../shared/apis/result.ts";
import { clamp } from "../../shared/apis/wire.ts";

export interface NearbyPoints {
  readonly points: readonly (CollectionPoint & { readonly distanceMeters: number | null })[];
  /** What was searched: `서울특별시 강남구`. */
  readonly district: string;
  /** False: no address could be placed, so the list is the district's in no order. */
  readonly isSorted: boolean;
}

/** Addresses do not move: 30 days. */
const geocodeTtlSeconds = 30 * 86_400;
/** Addresses looked up for one question at most. */
const geocodedAtMost = 10;
const Coordinates = v.object({ latitude: v.number(), longitude: v.number() });

/**
 * Collection points around a place, the nearest first. `radiusMeters`: up to 5,000, by default 2,000.
 * The dataset has no coordinates: the district of the place is searched and its first addresses are looked
 * up. When none of those is within the radius, the district's list comes back unsorted.
 */
export async function nearbyPoints(
  clients: { readonly keco: Keco; readonly kakao: KakaoLocal; readonly cache: Cache },
  search: {
    readonly place: Place;
    readonly radiusMeters?: number | undefined;
    readonly item?: string | undefined;
  },
  signal: AbortSignal,
): Promise<ApiResult<NearbyPoints>> {
  const { keco, kakao, cache } = clients;
  const { place } = search;
  const refused = refusePlace(place);
  if (refused) return refused;
  const where = await kakao.district(place, signal);
  if (!where.ok) return where;
  const district = [where.data.province, where.data.district].filter(Boolean).join(" ");
  const found = await keco.search({ district, item: search.item }, signal);
  if (!found.ok) return found;

  const locate = async (point: CollectionPoint) => {
    const address = point.address;
    if (address === null) return { ...point, distanceMeters: null };
    const at = await cache(
      { name: `geocode:${address}`, ttlSeconds: geocodeTtlSeconds, schema: Coordinates },
      () => kakao.geocodeAddress(address, signal),
    );
    return { ...point, distanceMeters: at.ok ? distanceMeters(place, at.data) : null };
  };
  const located = await Promise.all(found.data.points.slice(0, geocodedAtMost).map(locate));
  const radius = clamp(search.radiusMeters, 1, 5000, 2000);
  const near = located
    .filter((point) => point.distanceMeters !== null && point.distanceMeters <= radius)
    .sort((a, b) => (a.distanceMeters ?? 0) - (b.distanceMeters ?? 0));
  return near.length > 0
    ? succeed({ points: near, district, isSorted: true })
    : succeed({ points: located, district, isSorted: false });
}
