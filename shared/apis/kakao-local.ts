import { type ApiSettings, ask } from "./http.ts";
import {
  AddressDocument,
  CoordinateDocument,
  type KakaoPage,
  readKakao,
  readPage,
  RegionDocument,
} from "./kakao-wire.ts";
import { type Place, refusePlace } from "../places/place.ts";
import { type ApiResult, fail, notConfigured, succeed } from "./result.ts";
import { asList, clamp, clip, field, goodRows } from "./wire.ts";

/** Place categories offered to a model, and what Kakao calls them. */
export const placeCategories = {
  MART: "MT1",
  CONVENIENCE: "CS2",
  SUBWAY: "SW8",
  CAFE: "CE7",
  RESTAURANT: "FD6",
  HOSPITAL: "HP8",
  PHARMACY: "PM9",
  BANK: "BK9",
  GAS_STATION: "OL7",
  PARKING: "PK6",
} as const;
export type PlaceCategory = keyof typeof placeCategories;

interface Paging {
  readonly place?: Place | undefined;
  /** Meters around `place`: 0 to 20,000, by default 5,000. */
  readonly radiusMeters?: number | undefined;
  /** 1 to 45. */
  readonly page?: number | undefined;
  /** 1 to 15, by default 10. */
  readonly size?: number | undefined;
  /** By distance needs `place`; without one it is by accuracy. */
  readonly sort?: "accuracy" | "distance" | undefined;
}
interface KeywordSearch extends Paging {
  /** The kind of place; where is said by `place`. */
  readonly query: string;
  readonly category?: PlaceCategory | undefined;
}
interface CategorySearch extends Paging {
  readonly category: PlaceCategory;
  readonly place: Place;
}

interface Geocoded extends Place {
  readonly name: string;
  readonly address: string | null;
}
export interface DistrictName {
  /** 시도, 시군구, 동. */
  readonly province: string | null;
  readonly district: string | null;
  readonly town: string | null;
}

/**
 * Kakao Local. Zero rows are `not_found`; a place outside Korea, swapped or not a number is
 * `invalid_request` without a call.
 */
export interface KakaoLocal {
  searchKeyword(search: KeywordSearch, signal: AbortSignal): Promise<ApiResult<KakaoPage>>;
  searchCategory(search: CategorySearch, signal: AbortSignal): Promise<ApiResult<KakaoPage>>;
  /** A place by its name or address: the best hit of a keyword search, else of an address search. */
  geocode(text: string, signal: AbortSignal): Promise<ApiResult<Geocoded>>;
  /** An address only; no place names. */
  geocodeAddress(address: string, signal: AbortSignal): Promise<ApiResult<Geocoded>>;
  /** The administrative district (행정동) a place lies in. */
  district(place: Place, signal: AbortSignal): Promise<ApiResult<DistrictName>>;
  /** The road address of a place, else its lot address. */
  address(place: Place, signal: AbortSignal): Promise<ApiResult<string>>;
}

const timeoutMs = 4000;
const queryChars = 100;

/** Source: developers.kakao.com, Local. */
export function kakaoLocal(settings: ApiSettings): KakaoLocal {
  const { key } = settings;
  if (!key) {
    const none = notConfigured("Kakao Local");
    return {
      searchKeyword: none,
      searchCategory: none,
      geocode: none,
      geocodeAddress: none,
      district: none,
      address: none,
    };
  }

  const call = (path: string, params: Record<string, string>, signal: AbortSignal) => {
    const url = new URL(`${settings.baseUrl ?? "https://dapi.kakao.com"}/v2/local/${path}.json`);
    url.search = new URLSearchParams(params).toString();
    return ask(
      {
        provider: "Kakao Local",
        url,
        headers: { authorization: `KakaoAK ${key}` },
        timeoutMs: settings.timeoutMs ?? timeoutMs,
        retries: settings.retries,
        firstRetryMs: settings.firstRetryMs,
        secrets: [key],
      },
      readKakao,
      signal,
    );
  };
  const searchPlaces = async (
    path: string,
    params: Record<string, string>,
    signal: AbortSignal,
  ) => {
    const json = await call(path, params, signal);
    if (!json.ok) return json;
    const page = readPage(json.data);
    return page.places.length > 0 ? succeed(page) : fail("not_found", "no places");
  };

  const client: KakaoLocal = {
    async searchKeyword(search, signal) {
      const refused = refuseText(search.query) ?? (search.place && refusePlace(search.place));
      if (refused) return refused;
      const params = {
        query: clip(search.query.trim(), queryChars),
        ...(search.category ? { category_group_code: placeCategories[search.category] } : {}),
        ...pagingParams(search, "accuracy"),
      };
      return searchPlaces("search/keyword", params, signal);
    },
    async searchCategory(search, signal) {
      const refused = refusePlace(search.place);
      if (refused) return refused;
      const params = {
        category_group_code: placeCategories[search.category],
        ...pagingParams(search, "distance"),
      };
      return searchPlaces("search/category", params, signal);
    },
    async geocode(text, signal) {
      const found = await client.searchKeyword({ query: text, size: 1 }, signal);
      const [first] = found.ok ? found.data.places : [];
      if (first) {
        const { name, address, latitude, longitude } = first;
        return succeed({ name, address, latitude, longitude });
      }
      return !found.ok && found.kind !== "not_found" ? found : client.geocodeAddress(text, signal);
    },
    async geocodeAddress(address, signal) {
      const refused = refuseText(address);
      if (refused) return refused;
      const params = { query: clip(address.trim(), queryChars), size: "1" };
      const json = await call("search/address", params, signal);
      if (!json.ok) return json;
      const [hit] = goodRows(AddressDocument, asList(field(json.data, "documents")));
      if (!hit) return fail("not_found", "no such address");
      const name = hit.address_name;
      return succeed({ name, address: name, latitude: hit.y, longitude: hit.x });
    },
    async district(place, signal) {
      const refused = refusePlace(place);
      if (refused) return refused;
      const json = await call("geo/coord2regioncode", pointParams(place), signal);
      if (!json.ok) return json;
      const rows = goodRows(RegionDocument, asList(field(json.data, "documents")));
      const row = rows.find((one) => one.region_type === "H") ?? rows[0];
      if (!row) return fail("not_found", "no district there");
      return succeed({
        province: row.region_1depth_name,
        district: row.region_2depth_name,
        town: row.region_3depth_name,
      });
    },
    async address(place, signal) {
      const refused = refusePlace(place);
      if (refused) return refused;
      const params = { ...pointParams(place), input_coord: "WGS84" };
      const json = await call("geo/coord2address", params, signal);
      if (!json.ok) return json;
      const [hit] = goodRows(CoordinateDocument, asList(field(json.data, "documents")));
      const address = hit?.road_address?.address_name ?? hit?.address?.address_name;
      return address ? succeed(address) : fail("not_found", "no address there");
    },
  };
  return client;
}

function refuseText(text: string) {
  return text.trim() === "" ? fail("invalid_request", "the query is empty") : undefined;
}

/** Kakao's x is the longitude. */
function pointParams({ latitude, longitude }: Place) {
  return { x: String(longitude), y: String(latitude) };
}

function pagingParams(paging: Paging, defaultSort: "accuracy" | "distance") {
  const sort = paging.sort ?? defaultSort;
  return {
    ...(paging.place
      ? {
          ...pointParams(paging.place),
          radius: String(clamp(paging.radiusMeters, 0, 20_000, 5000)),
        }
      : {}),
    page: String(clamp(paging.page, 1, 45, 1)),
    size: String(clamp(paging.size, 1, 15, 10)),
    sort: paging.place ? sort : "accuracy",
  };
}
