import * as v from "valibot";
import { rawServiceKey, readPublicData } from "./data-go-kr.ts";
import { type ApiSettings, ask } from "../../shared/apis/http.ts";
import { type DisposalZone, keepNewest, readZone, ZoneRow } from "./mois-rows.ts";
import { provinceOf, readDistrict } from "../../shared/places/regions.ts";
import { type ApiResult, fail, notConfigured, succeed } from "../../shared/apis/result.ts";
import {
  asList,
  clip,
  field,
  goodRows,
  hasWordStart,
  LooseNumber,
} from "../../shared/apis/wire.ts";
import { readItems } from "./xml-leaves.ts";

export interface Disposal {
  readonly zones: readonly DisposalZone[];
  /**
   * Provinces the zones lie in. More than one: the district's name is not unique (중구, 서구 …) and the
   * caller has to ask which is meant.
   */
  readonly provinces: readonly string[];
  /** The district has more zones than were read. */
  readonly isPartial: boolean;
}

/** How, when and where a district takes out its household waste. */
export interface Mois {
  /** `district`: `마포구`, `서울시 마포구` or `수원시 영통구`. Zero rows are `not_found`. */
  householdWaste(district: string, signal: AbortSignal): Promise<ApiResult<Disposal>>;
}

const timeoutMs = 8000;
const pageRows = 100;
/** A large city has a few hundred zones. */
const maxPages = 5;

/** Household waste by district. Source: data.go.kr dataset 15155080. */
export function mois(settings: ApiSettings): Mois {
  if (!settings.key) return { householdWaste: notConfigured("MOIS") };
  const key = rawServiceKey(settings.key);
  const base = settings.baseUrl ?? "https://apis.data.go.kr/1741000/household_waste_info";

  const readPage = async (district: string, page: number, signal: AbortSignal) => {
    const url = new URL(`${base}/info`);
    url.search = new URLSearchParams({
      serviceKey: key,
      pageNo: String(page),
      numOfRows: String(pageRows),
      // the service reads one of the two, and its own callers disagree which
      returnType: "json",
      type: "json",
      "cond[SGG_NM::LIKE]": district,
    }).toString();
    const request = {
      provider: "MOIS",
      url,
      timeoutMs: settings.timeoutMs ?? timeoutMs,
      retries: settings.retries,
      firstRetryMs: settings.firstRetryMs,
      secrets: [key, settings.key ?? ""],
    };
    const answer = await ask(request, readPublicData, signal);
    if (!answer.ok) return answer;
    if (answer.data.form === "xml") {
      const items = readItems(answer.data.xml);
      return succeed({ items: items as unknown[], total: items.length });
    }
    const list = field(answer.data.body, "items");
    const items = asList(field(list, "item") ?? list);
    const total = v.parse(LooseNumber, field(answer.data.body, "totalCount"));
    return succeed({ items, total: total ?? items.length });
  };

  const readDistrictRows = async (district: string, signal: AbortSignal) => {
    const items: unknown[] = [];
    for (let page = 1; page <= maxPages; page++) {
      const read = await readPage(district, page, signal);
      if (!read.ok) return read;
      items.push(...read.data.items);
      const isLast = read.data.items.length < pageRows || items.length >= read.data.total;
      if (isLast) return succeed({ items, isPartial: false });
    }
    return succeed({ items, isPartial: true });
  };

  return {
    async householdWaste(text, signal) {
      const { province, name } = readDistrict(clip(text.trim(), 50));
      if (name === "") return fail("invalid_request", "MOIS: no district named");
      // a city with districts is filed under either name
      const [city = ""] = name.split(" ");
      for (const wanted of new Set([name, city])) {
        const read = await readDistrictRows(wanted, signal);
        if (!read.ok && read.kind !== "not_found") return read;
        const rows = read.ok ? goodRows(ZoneRow, read.data.items) : [];
        const zones = keepNewest(rows.map(readZone)).filter(
          (zone) =>
            hasWordStart(zone.district, wanted) &&
            (province === undefined || provinceOf(zone.province) === province),
        );
        if (zones.length > 0) {
          const provinces = [...new Set(zones.map((zone) => zone.province))];
          return succeed({ zones, provinces, isPartial: read.ok && read.data.isPartial });
        }
      }
      return fail("not_found", "MOIS: no rows for this district");
    },
  };
}
