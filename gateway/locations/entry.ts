import type { KakaoPlace } from "../../shared/apis/kakao-wire.ts";
import { storeCategoryOf } from "../../shared/locations/categories.ts";
import { hoursOf } from "../../shared/locations/opening-hours.ts";
import { cleanPhone } from "../../shared/locations/phone.ts";
import type { NearSite } from "../../shared/locations/search-nearby.ts";
import { distanceText } from "../../shared/places/place.ts";
import type { LocationEntry } from "./schemas.ts";

/** A site as the map's list shows it. */
export function entryOf(site: NearSite, wallMs: number): LocationEntry {
  return {
    id: site.id,
    name: site.name,
    source: site.source,
    road_address: site.road_address ?? site.lot_address,
    latitude: site.latitude,
    longitude: site.longitude,
    ...distanceOf(site.meters),
    store_category: site.store_category,
    pickup_categories: [...site.pickup_categories],
    ...hoursOf(site.source, site.hours, wallMs),
    phone: site.phone,
    place_url: webAddress(site.homepage),
    kakao_place_id: null,
  };
}

/** A hit of Kakao; ids are given by the caller, negative. */
export function kakaoEntryOf(place: KakaoPlace, id: number, meters: number): LocationEntry {
  return {
    id,
    name: place.name,
    source: "kakao",
    road_address: place.address,
    latitude: place.latitude,
    longitude: place.longitude,
    ...distanceOf(meters),
    store_category: storeCategoryOf(`${place.name}\n${place.category ?? ""}`),
    pickup_categories: [],
    is_holiday: null,
    is_open: null,
    start_time: null,
    end_time: null,
    phone: cleanPhone(place.phone),
    place_url: place.url,
    kakao_place_id: place.id,
  };
}

function distanceOf(meters: number) {
  return { distance_km: Math.round(meters) / 1000, distance_text: distanceText(meters) };
}

/** Data sets hold all sorts of text where an address of a page should be. */
export function webAddress(text: string | null): string | null {
  return text !== null && /^https?:\/\/[^\s]+$/i.test(text) ? text : null;
}
