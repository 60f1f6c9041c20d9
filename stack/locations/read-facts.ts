import { weekdays } from "../../shared/locations/opening-hours.ts";
import { blankSite, type SiteFacts, type SiteSource } from "../../shared/locations/site.ts";
import { refusePlace } from "../../shared/places/place.ts";
import type { Row } from "./read-rows.ts";

/** Names a column goes by: the public data's own, those of its portals' files, and of saved map lists. */
const columns = {
  sourceId: ["positn_sn", "source_pk", "순번", "연번", "번호", "관리번호", "key", "id"],
  name: [
    "positn_nm",
    "상호명",
    "시설명",
    "매장명",
    "장소명",
    "상호",
    "name",
    "place_name",
    "display1",
  ],
  displayName: ["display_name", "displayName"],
  region: ["positn_rgn_nm", "지역", "시도명"],
  lotAddress: ["positn_lotno_addr", "지번주소", "소재지지번주소", "address", "address_name"],
  roadAddress: [
    "positn_rdnm_addr",
    "도로명주소",
    "소재지도로명주소",
    "수거장소(주소)",
    "주소",
    "road_address",
    "road_address_name",
    "display2",
  ],
  addressNote: ["positn_pstn_add_expln", "상세위치", "위치설명"],
  latitude: ["positn_pstn_lat", "위도", "latitude", "lat", "y"],
  longitude: ["positn_pstn_lot", "경도", "longitude", "lon", "lng", "x"],
  introduction: ["positn_intdc_cn", "소개", "수거방법", "introduction", "description"],
  facilities: ["positn_cnvnc_fclt_srvc_expln", "장소구분", "편의시설"],
  holidayHours: ["lhldy_sals_hr_expln_cn"],
  holidayOff: ["lhldy_dyoff_cn"],
  temporaryOff: ["tmpr_lhldy_cn"],
  phone: ["rprs_telno", "rprs_telno_cn", "전화번호", "연락처", "대표전화", "phone", "tel"],
  secondPhone: ["indiv_telno", "indiv_telno_cn"],
  homepage: ["lnkg_hmpg_url_addr", "홈페이지", "url", "place_url"],
  items: ["clct_item_cn", "수거종류", "수거품목", "items"],
  memo: ["etc_mttr_cn", "비고", "메모", "memo"],
} as const;

/** Longest text a column takes; a whole page in one cell is a broken file. */
const longest = 4000;

export type Reading =
  | { readonly facts: SiteFacts }
  /** Why the row is not imported: one phrase for the report. */
  | { readonly refused: string };

/** Reads one row. Swapped and foreign coordinates are refused, missing ones are not. */
export function readFacts(row: Row, source: SiteSource): Reading {
  const text = (name: keyof typeof columns) => cellOf(row, columns[name]);
  for (const value of Object.values(row)) {
    if (value.includes("\0") || !value.isWellFormed()) return { refused: "text is not clean" };
    if (value.length > longest) return { refused: `a cell has more than ${longest} characters` };
  }
  const facts: SiteFacts = {
    ...blankSite,
    ...Object.fromEntries(
      (Object.keys(columns) as (keyof typeof columns)[]).map((name) => [name, text(name)]),
    ),
    source,
    latitude: null,
    longitude: null,
    hours: Object.fromEntries(
      weekdays.map((day) => [day, cellOf(row, hourColumns(day))]),
    ) as SiteFacts["hours"],
  };
  if ((facts.name ?? facts.displayName ?? facts.roadAddress ?? facts.lotAddress) === null) {
    return { refused: "neither name nor address" };
  }
  const [latitude, longitude] = [text("latitude"), text("longitude")];
  if (latitude === null && longitude === null) return { facts };
  if (latitude === null || longitude === null) return { refused: "half a coordinate" };
  const place = { latitude: Number(latitude), longitude: Number(longitude) };
  const refused = refusePlace(place);
  if (refused?.providerCode === "no_location") return { facts };
  return refused ? { refused: refused.message } : { facts: { ...facts, ...place } };
}

/** The reference set spells two of its days in another way. */
function hourColumns(day: string): readonly string[] {
  const other: Readonly<Record<string, string>> = { tue: "tues", thu: "thur" };
  return [day, other[day] ?? day].map((name) => `${name}_sals_hr_expln_cn`);
}

function cellOf(row: Row, names: readonly string[]): string | null {
  for (const name of names) {
    const value = row[name]?.trim();
    if (value !== undefined && value !== "" && value !== "-") return value;
  }
  return null;
}

/** Which data set a file is, when its columns tell. */
export function sourceOf(row: Row): SiteSource | undefined {
  const named = row["source"]?.trim();
  if (named === "keco" || named === "zerowaste") return named;
  return columns.items.some((name) => name in row) ? "keco" : undefined;
}
