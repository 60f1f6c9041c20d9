import type { PickupCategory, StoreCategory } from "../../../shared/locations/categories.ts";
import type { TextSearch } from "../../../shared/locations/find-by-text.ts";
import type { NearbySearch, NearSite, Site } from "../../../shared/locations/search-nearby.ts";
import { findCenter } from "../../../shared/places/district-centers.ts";
import { distanceText } from "../../../shared/places/place.ts";
import { AppError } from "../../../shared/errors.ts";
import { pause } from "../../../shared/clock.ts";
import type { CollectionPointFact } from "../../llm/facts.ts";
import { findKind, findRadius } from "../places/find-kind.ts";
import { findDistrict, findPlaceName } from "../places/find-place.ts";
import { plain } from "../plain-text.ts";
import type { Query, Service } from "../run-context.ts";

/** The places an operator imported: what the map shows, without the made-up ones. */
export interface OwnSites {
  searchNearby(search: NearbySearch): Promise<readonly NearSite[]>;
  findByText(search: TextSearch): Promise<readonly Site[]>;
}

const listed = 5;
/** A store that takes longer must not hold an answer up. */
const patienceMs = 1500;
const source = "자료: 이 서비스에 등록된 수거 지점과 제로웨이스트 가게";

/** Kinds of place our categories know. */
const storesOf: Readonly<Record<string, readonly StoreCategory[]>> = {
  제로웨이스트샵: ["refill_zero"],
  리필스테이션: ["refill_zero"],
  업사이클링: ["upcycle_recycle"],
  카페: ["cafe_bakery"],
  대형마트: ["market_mart"],
};

/**
 * The agent's places where no place search answers. Throws `NOT_CONFIGURED` when it cannot help: nothing near was
 * imported, or it is not known where to look.
 */
export function ownPlaces(sites: OwnSites): Service {
  return async (query, signal) => {
    const near = findPlaceName(query.text);
    const center = near === undefined ? undefined : findCenter(near);
    const place = center ?? (near === undefined ? query.place : undefined);
    if (!place) throw new AppError("NOT_CONFIGURED");
    const kind = findKind(query.text)?.query;
    const radiusMeters = findRadius(query.text) ?? 5000;
    const found = await inTime(
      sites.searchNearby({
        place,
        radiusMeters,
        limit: listed,
        stores: kind === undefined ? undefined : storesOf[kind],
      }),
      signal,
    );
    if (!found || found.length === 0) throw new AppError("NOT_CONFIGURED");
    const where = center ? plain(center.name, 40) : "지금 위치";
    return {
      title: `${where} 가까이에 등록된 곳`,
      // the middle of a district says little about how far somebody has to walk
      lines: [...found.map((site) => siteLine(site, center ? undefined : site.meters)), source],
    };
  };
}

/** What our pickup categories call the boxes a question is about. */
const pickupOf: Readonly<Record<string, readonly PickupCategory[]>> = {
  clothes: ["textile"],
  small_electronics: ["electronics"],
  phone: ["electronics"],
  battery: ["electronics"],
};

/** Collection points of the imported data, where the service of the portal is not set up. Never throws. */
export function ownPoints(
  sites: OwnSites,
): (itemType: string | undefined) => Service<CollectionPointFact> {
  return (itemType) => async (query, signal) => {
    const pickups = itemType === undefined ? undefined : pickupOf[itemType];
    if (itemType !== undefined && pickups === undefined) return undefined;
    const district = districtOf(query);
    const found = district
      ? await inTime(sites.findByText({ text: district, limit: 30, source: "keco" }), signal)
      : query.place &&
        (await inTime(
          sites.searchNearby({ place: query.place, limit: listed, pickups, source: "keco" }),
          signal,
        ));
    const fitting = (found ?? []).filter(
      (site) => !pickups || pickups.some((pickup) => site.pickup_categories.includes(pickup)),
    );
    if (fitting.length === 0) return undefined;
    return {
      name: `${plain(district ?? "지금 위치 가까이", 40)} 수거 장소`,
      where: fitting
        .slice(0, listed)
        .map((site) => siteLine(site, "meters" in site ? (site as NearSite).meters : undefined)),
      accepts: [],
      rejects: [],
      ask: ["관할 시·군·구청 청소(자원순환)과"],
      note: `${source}.`,
    };
  };
}

function districtOf(query: Query): string | undefined {
  const named = findDistrict(query.text) ?? findDistrict(query.job.message);
  return query.choice ?? named?.name;
}

function siteLine(site: Site, meters: number | undefined): string {
  const address = site.road_address ?? site.lot_address;
  const parts = [
    plain(site.name, 80),
    meters === undefined ? "" : distanceText(meters),
    address === null ? "" : plain(address, 120),
    site.items === null ? "" : plain(site.items, 100),
    site.phone ?? "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** Undefined when the store fails, is late, or the job ended. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const done = new AbortController();
  const late = pause(patienceMs, AbortSignal.any([signal, done.signal])).then(() => undefined);
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    done.abort();
  }
}
