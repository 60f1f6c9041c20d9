import { createHash } from "node:crypto";
import { clip } from "../apis/wire.ts";
import {
  type PickupCategory,
  pickupCategoriesOf,
  type StoreCategory,
  storeCategoryOf,
} from "./categories.ts";
import type { Weekday } from "./opening-hours.ts";
import { cleanPhone } from "./phone.ts";

export const siteSources = ["keco", "zerowaste"] as const;
export type SiteSource = (typeof siteSources)[number];

/** A place as a data set tells it. */
export interface SiteFacts {
  readonly source: SiteSource;
  /** Its id there; null: made from name and address. */
  readonly sourceId: string | null;
  readonly name: string | null;
  /** How people call it, where the data set knows. */
  readonly displayName: string | null;
  readonly region: string | null;
  readonly lotAddress: string | null;
  readonly roadAddress: string | null;
  readonly addressNote: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly introduction: string | null;
  readonly facilities: string | null;
  readonly hours: Readonly<Partial<Record<Weekday, string | null>>>;
  readonly holidayHours: string | null;
  readonly holidayOff: string | null;
  readonly temporaryOff: string | null;
  readonly phone: string | null;
  readonly secondPhone: string | null;
  readonly homepage: string | null;
  readonly items: string | null;
  readonly memo: string | null;
  readonly isSample: boolean;
}

/** A site of which nothing is known. */
export const blankSite: SiteFacts = {
  source: "keco",
  sourceId: null,
  name: null,
  displayName: null,
  region: null,
  lotAddress: null,
  roadAddress: null,
  addressNote: null,
  latitude: null,
  longitude: null,
  introduction: null,
  facilities: null,
  hours: {},
  holidayHours: null,
  holidayOff: null,
  temporaryOff: null,
  phone: null,
  secondPhone: null,
  homepage: null,
  items: null,
  memo: null,
  isSample: false,
};

/** A row of `location.location_normalized_sites`, ready to be written. */
export type SiteRow = ReturnType<typeof rowOf>;

const namelessSpot = "Zero Waste Spot";

/** Works out what is shown and searched: the derived columns. */
export function rowOf(facts: SiteFacts) {
  const { name, displayName, lotAddress, roadAddress, introduction, memo, hours } = facts;
  const shownName = displayName ?? name ?? roadAddress ?? lotAddress ?? namelessSpot;
  const said = [introduction, name, displayName, roadAddress, lotAddress, memo];
  const metadata = displayName === null ? null : JSON.stringify({ display_name: displayName });
  return {
    source: facts.source,
    source_pk: clip(facts.sourceId ?? idFrom([name, displayName, roadAddress, lotAddress]), 128),
    positn_nm: name,
    positn_rgn_nm: facts.region,
    positn_lotno_addr: lotAddress,
    positn_rdnm_addr: roadAddress,
    positn_pstn_add_expln: facts.addressNote,
    positn_pstn_lat: facts.latitude,
    positn_pstn_lot: facts.longitude,
    positn_intdc_cn: introduction,
    positn_cnvnc_fclt_srvc_expln: facts.facilities,
    mon_sals_hr_expln_cn: hours.mon ?? null,
    tue_sals_hr_expln_cn: hours.tue ?? null,
    wed_sals_hr_expln_cn: hours.wed ?? null,
    thu_sals_hr_expln_cn: hours.thu ?? null,
    fri_sals_hr_expln_cn: hours.fri ?? null,
    sat_sals_hr_expln_cn: hours.sat ?? null,
    sun_sals_hr_expln_cn: hours.sun ?? null,
    lhldy_sals_hr_expln_cn: facts.holidayHours,
    lhldy_dyoff_cn: facts.holidayOff,
    tmpr_lhldy_cn: facts.temporaryOff,
    rprs_telno: facts.phone,
    indiv_telno: facts.secondPhone,
    lnkg_hmpg_url_addr: facts.homepage,
    clct_item_cn: facts.items,
    etc_mttr_cn: memo,
    source_metadata: metadata,
    shown_name: shownName,
    shown_phone: cleanPhone(facts.phone) ?? cleanPhone(facts.secondPhone),
    store_category: storeCategoryOf(said.join("\n")) satisfies StoreCategory,
    pickup_categories: pickupCategoriesOf(facts.items) satisfies PickupCategory[],
    search_text: [shownName, name, roadAddress, lotAddress]
      .flatMap((text) => (text === null ? [] : [searchable(text)]))
      .join("\n"),
    is_sample: facts.isSample,
  };
}

/** As text is looked for: lower case, without spaces. */
export function searchable(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/g, "");
}

function idFrom(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}
