import * as v from "valibot";
import type { Clock } from "../../shared/clock.ts";
import { rawServiceKey } from "./data-go-kr.ts";
import { type ApiSettings, ask } from "../../shared/apis/http.ts";
import { type CollectionPoint, PointRow, readKeco, readPoint } from "./keco-wire.ts";
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

export interface PointSearch {
  /** `강남구`, `서울시 강남구`; part of the address. */
  readonly district?: string | undefined;
  /** Part of the name. */
  readonly name?: string | undefined;
  /** Part of what is taken: `폐휴대폰`. */
  readonly item?: string | undefined;
}

export interface FoundPoints {
  /** At most 100. */
  readonly points: readonly CollectionPoint[];
  /** Points that fit; more than are listed when the list is cut. */
  readonly matchCount: number;
}

/** Where waste electronics and batteries are taken. Names and addresses; the dataset has no coordinates. */
export interface Keco {
  /** At least one filter has to be given. No points are `not_found`. */
  search(search: PointSearch, signal: AbortSignal): Promise<ApiResult<FoundPoints>>;
}

export interface KecoSettings extends ApiSettings {
  readonly clock: Clock;
  /** Id of the yearly snapshot within the dataset; changes with each. */
  readonly datasetId?: string | undefined;
}

const timeoutMs = 8000;
const snapshot2024 = "uddi:4977d714-dca6-4bda-a10f-9bed30e2ce9c";
const listed = 100;
const copyPageRows = 1000;
const copyMaxPages = 40;
/** The dataset changes once a year. */
const copyKeptMs = 24 * 3_600_000;

interface Page {
  readonly points: readonly CollectionPoint[];
  /** As they came; a row that cannot be read is no point. */
  readonly rows: number;
  readonly total: number;
  readonly matches: number | null;
}

/** Collection points. Source: data.go.kr dataset 15106385 (odcloud.kr). */
export function keco(settings: KecoSettings): Keco {
  if (!settings.key) return { search: notConfigured("KECO") };
  const key = rawServiceKey(settings.key);
  const base = settings.baseUrl ?? "https://api.odcloud.kr/api/15106385/v1";
  let copy: { readonly readAt: number; readonly points: readonly CollectionPoint[] } | undefined;

  const readPage = async (
    page: number,
    rows: number,
    filters: Record<string, string>,
    signal: AbortSignal,
  ): Promise<ApiResult<Page>> => {
    const url = new URL(`${base}/${settings.datasetId ?? snapshot2024}`);
    url.search = new URLSearchParams({
      page: String(page),
      perPage: String(rows),
      returnType: "JSON",
      ...filters,
    }).toString();
    const request = {
      provider: "KECO",
      url,
      headers: { authorization: `Infuser ${key}` },
      timeoutMs: settings.timeoutMs ?? timeoutMs,
      retries: settings.retries,
      firstRetryMs: settings.firstRetryMs,
      secrets: [key, settings.key ?? ""],
    };
    const json = await ask(request, readKeco, signal);
    if (!json.ok) return json;
    const sent = asList(field(json.data, "data"));
    const points = goodRows(PointRow, sent).map(readPoint);
    const total = v.parse(LooseNumber, field(json.data, "totalCount")) ?? points.length;
    return succeed({
      points,
      rows: sent.length,
      total,
      matches: v.parse(LooseNumber, field(json.data, "matchCount")),
    });
  };

  /** Every point, from memory when read within a day. */
  const readAll = async (signal: AbortSignal): Promise<ApiResult<readonly CollectionPoint[]>> => {
    const now = settings.clock.monotonicMs();
    if (copy && now - copy.readAt < copyKeptMs) return succeed(copy.points);
    const first = await readPage(1, copyPageRows, {}, signal);
    if (!first.ok) return first;
    const pages = Math.min(copyMaxPages, Math.ceil(first.data.total / copyPageRows));
    const rest = await Promise.all(
      Array.from({ length: Math.max(0, pages - 1) }, (_, i) =>
        readPage(i + 2, copyPageRows, {}, signal),
      ),
    );
    const points = [...first.data.points];
    for (const page of rest) {
      if (!page.ok) return page;
      points.push(...page.data.points);
    }
    copy = { readAt: now, points };
    return succeed(points);
  };

  return {
    async search(search, signal) {
      const wanted = readWanted(search);
      const filters = {
        ...(wanted.area ? { "cond[수거장소(주소)::LIKE]": wanted.area } : {}),
        ...(wanted.name ? { "cond[상호명::LIKE]": wanted.name } : {}),
      };
      const isFiltered = Object.keys(filters).length > 0;
      // a province has too many spellings for the service's filter: looked for in everything
      if (!isFiltered && wanted.item === "" && wanted.province === undefined) {
        return fail("invalid_request", "KECO: nothing to search for");
      }
      const page = isFiltered ? await readPage(1, listed, filters, signal) : undefined;
      if (page && !page.ok) return page;
      // an undeclared filter is ignored without a word: then the page does not hold all it says match,
      // or does not say; look at everything
      const isComplete = page !== undefined && page.data.rows >= (page.data.matches ?? Infinity);
      const points = isComplete ? succeed(page.data.points) : await readAll(signal);
      if (!points.ok) return points;
      const fitting = points.data.filter((point) => fits(point, wanted));
      return fitting.length > 0
        ? succeed({ points: fitting.slice(0, listed), matchCount: fitting.length })
        : fail("not_found", "KECO: no collection point fits");
    },
  };
}

interface Wanted {
  readonly province: string | undefined;
  readonly area: string;
  readonly name: string;
  readonly item: string;
}

function readWanted({ district = "", name = "", item = "" }: PointSearch): Wanted {
  const area = readDistrict(clip(district.trim(), 50));
  return {
    province: area.province,
    area: area.name,
    name: clip(name.trim(), 50),
    item: clip(item.trim(), 50),
  };
}

function fits(point: CollectionPoint, wanted: Wanted): boolean {
  const address = point.address ?? "";
  const province = provinceOf(address.split(/\s+/)[0] ?? "");
  // an address that names no province fits by its district alone
  const inProvince =
    wanted.province === undefined ||
    province === wanted.province ||
    (province === undefined && wanted.area !== "");
  return (
    inProvince &&
    hasWordStart(address, wanted.area) &&
    point.name.includes(wanted.name) &&
    (wanted.item === "" || point.takes.some((kind) => kind.includes(wanted.item)))
  );
}
