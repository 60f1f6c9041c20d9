import type { Clock } from "../../shared/clock.ts";
import { type Cache, noCache } from "../../shared/apis/cache.ts";
import { rawServiceKey, readPublicData } from "./data-go-kr.ts";
import { type ApiSettings, ask } from "../../shared/apis/http.ts";
import { days, type Issue, nextHours, nowcast } from "./kma-base.ts";
import { type Grid, gridOf } from "./kma-grid.ts";
import { type CurrentWeather, currentWeather, type Forecast, forecast, Rows } from "./kma-rows.ts";
import { type Place, refusePlace } from "../../shared/places/place.ts";
import { type ApiResult, fail, notConfigured, succeed } from "../../shared/apis/result.ts";
import { seoulTime } from "../../shared/seoul-time.ts";
import { asList, field, goodRows } from "../../shared/apis/wire.ts";
import { readItems } from "./xml-leaves.ts";

export interface KmaSettings extends ApiSettings {
  readonly clock: Clock;
  readonly cache?: Cache | undefined;
}

/** Weather of a place in Korea. Elsewhere, swapped, not a number: `invalid_request` without a call. */
export interface Kma {
  /** Observed now, with sky and chance of rain from the forecast when that answers too. */
  current(place: Place, signal: AbortSignal): Promise<ApiResult<CurrentWeather>>;
  /** Hour by hour for about three days, with the days' lowest and highest. */
  forecast(place: Place, signal: AbortSignal): Promise<ApiResult<Forecast>>;
  /** Hour by hour for the next six hours. */
  nextHours(place: Place, signal: AbortSignal): Promise<ApiResult<Forecast>>;
}

const timeoutMs = 4000;
const retries = 1;

/** The weather service's short-term forecast. Source: data.go.kr dataset 15084084. */
export function kma(settings: KmaSettings): Kma {
  if (!settings.key) {
    const none = notConfigured("KMA");
    return { current: none, forecast: none, nextHours: none };
  }
  const key = rawServiceKey(settings.key);
  const cache = settings.cache ?? noCache;
  const base = settings.baseUrl ?? "https://apis.data.go.kr/1360000/VilageFcstInfoService_2.0";

  const load = (issue: Issue, baseMs: number, grid: Grid, signal: AbortSignal) => {
    const { date, time } = seoulTime(baseMs);
    const url = new URL(`${base}/${issue.path}`);
    url.search = new URLSearchParams({
      serviceKey: key,
      dataType: "JSON",
      pageNo: "1",
      numOfRows: String(issue.rows),
      base_date: date,
      base_time: time,
      nx: String(grid.nx),
      ny: String(grid.ny),
    }).toString();
    const request = {
      provider: "KMA",
      url,
      timeoutMs: settings.timeoutMs ?? timeoutMs,
      retries: settings.retries ?? retries,
      firstRetryMs: settings.firstRetryMs,
      secrets: [key, settings.key ?? ""],
    };
    const name = `kma:${issue.path}:${grid.nx}:${grid.ny}:${date}${time}`;
    return cache({ name, ttlSeconds: issue.ttlSeconds, schema: Rows }, async () => {
      const answer = await ask(request, readPublicData, signal);
      if (!answer.ok) return answer;
      const items =
        answer.data.form === "xml"
          ? readItems(answer.data.xml)
          : asList(field(field(answer.data.body, "items"), "item"));
      const rows = goodRows(Rows.item, items);
      return rows.length > 0 ? succeed(rows) : fail("not_found", "KMA: no rows");
    });
  };
  /** The newest issue; the one before when the newest is not out yet after all. */
  const rowsOf = async (issue: Issue, grid: Grid, signal: AbortSignal) => {
    const baseMs = issue.baseAt(settings.clock.wallMs());
    const newest = await load(issue, baseMs, grid, signal);
    if (newest.ok || newest.kind !== "not_found") return newest;
    return load(issue, baseMs - issue.stepMs, grid, signal);
  };
  const at = async <T>(place: Place, work: (grid: Grid) => Promise<ApiResult<T>>) => {
    const refused = refusePlace(place);
    if (refused) return refused;
    const grid = gridOf(place);
    return grid ? work(grid) : fail("invalid_request", "KMA: the place is outside the grid");
  };
  const forecastBy = (issue: Issue) => (place: Place, signal: AbortSignal) =>
    at(place, async (grid) => {
      const rows = await rowsOf(issue, grid, signal);
      return rows.ok ? succeed(forecast(rows.data)) : rows;
    });

  return {
    current: (place, signal) =>
      at(place, async (grid) => {
        const [observed, ahead] = await Promise.all([
          rowsOf(nowcast, grid, signal),
          rowsOf(days, grid, signal),
        ]);
        if (!observed.ok) return observed;
        const hours = ahead.ok ? forecast(ahead.data).hours : [];
        return succeed(currentWeather(observed.data, hours, settings.clock.wallMs()));
      }),
    forecast: forecastBy(days),
    nextHours: forecastBy(nextHours),
  };
}
