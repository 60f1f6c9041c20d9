import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { location } from "../../shared/limits.ts";
import { cleanPhone } from "../../shared/locations/phone.ts";
import { type FullSite, readSite } from "../../shared/locations/read-site.ts";
import { distanceMeters } from "../../shared/places/place.ts";
import type { Ctx, Handle } from "../deps.ts";
import { invalid } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";
import { webAddress } from "./entry.ts";
import type { Kakao } from "./kakao.ts";
import { LocationDetail } from "./schemas.ts";

/** GET one site. */
export const readCenter: Handle = async (c, { sql, kakao }) => {
  const site = await query(readSite(sql, idOf(c)));
  if (!site) throw new AppError("LOCATION_NOT_FOUND");
  const hit = kakao && (await hitOf(kakao, site, c.req.raw.signal));
  const detail: LocationDetail = {
    id: site.id,
    name: site.name,
    source: site.source,
    road_address: site.road_address,
    lot_address: site.lot_address,
    latitude: site.latitude,
    longitude: site.longitude,
    store_category: site.store_category,
    pickup_categories: [...site.pickup_categories],
    phone: site.phone ?? cleanPhone(hit?.phone),
    place_url: hit?.url ?? webAddress(site.homepage),
    kakao_place_id: hit?.id ?? null,
    collection_items: site.items,
    introduction: site.introduction,
  };
  return c.json(detail);
};

/** Throws `VALIDATION_ERROR` unless the path holds a whole number. */
function idOf(c: Ctx): number {
  const text = c.req.param("id") ?? "";
  if (/^-?\d{1,18}$/.test(text)) return Number(text);
  throw invalid([{ path: "id", message: "must be a whole number" }]);
}

/** The place Kakao knows there. An extra: whatever goes wrong, the site is shown without it. */
async function hitOf(kakao: Kakao, site: FullSite, signal: AbortSignal) {
  const { latitude, longitude } = site;
  if (latitude === null || longitude === null) return undefined;
  const place = { latitude, longitude };
  const radiusMeters = location.detailMeters;
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(location.detailMs)]);
  const found = await kakao.searchKeyword(
    { query: site.name, place, radiusMeters, size: 5, sort: "distance" },
    inTime,
  );
  const [nearest] = found.ok ? found.data.places : [];
  return nearest && distanceMeters(place, nearest) <= radiusMeters ? nearest : undefined;
}

export const readCenterDoc: RouteDoc = {
  summary: "One site",
  tag: "locations",
  params: { id: v.pipe(v.number(), v.integer()) },
  answers: { 200: { about: "the site", body: LocationDetail } },
  errors: ["LOCATION_NOT_FOUND"],
};
