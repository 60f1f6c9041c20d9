import * as v from "valibot";
import {
  type Precipitation,
  readAmount,
  readMeasure,
  readPrecipitation,
  readSky,
  type Sky,
} from "./kma-values.ts";
import { seoulIso } from "../../shared/seoul-time.ts";
import { LooseText } from "../../shared/apis/wire.ts";

const Text = v.pipe(LooseText, v.string());

/** One value of one cell: observed (`obsrValue`) or forecast for an hour (`fcstValue`). */
export const Rows = v.array(
  v.object({
    baseDate: Text,
    baseTime: Text,
    category: Text,
    obsrValue: LooseText,
    fcstDate: LooseText,
    fcstTime: LooseText,
    fcstValue: LooseText,
  }),
);
type Row = v.InferOutput<typeof Rows>[number];

/** Null is unknown, never a guess. */
export interface ForecastHour {
  /** Start of the hour, ISO 8601 with +09:00. */
  readonly at: string;
  readonly temperatureCelsius: number | null;
  readonly sky: Sky | null;
  readonly precipitation: Precipitation | null;
  readonly rainChancePercent: number | null;
  /** In this hour. */
  readonly rainMm: number | null;
  readonly snowCm: number | null;
  readonly humidityPercent: number | null;
  readonly windMetersPerSecond: number | null;
}

export interface Forecast {
  readonly hours: readonly ForecastHour[];
  readonly days: readonly {
    /** `2026-01-18`. */
    readonly date: string;
    readonly lowestCelsius: number | null;
    readonly highestCelsius: number | null;
  }[];
}

export interface CurrentWeather {
  /** When it was observed, ISO 8601 with +09:00. */
  readonly at: string;
  readonly temperatureCelsius: number | null;
  readonly precipitation: Precipitation | null;
  /** In the last hour. */
  readonly rainMm: number | null;
  readonly humidityPercent: number | null;
  readonly windMetersPerSecond: number | null;
  /** Forecast for the coming hour: observations have no sky. */
  readonly sky: Sky | null;
  readonly rainChancePercent: number | null;
}

/** `hours`: the forecast, for what is not observed; `wallMs`: now. */
export function currentWeather(
  rows: readonly Row[],
  hours: readonly ForecastHour[],
  wallMs: number,
): CurrentWeather {
  const values = new Map(rows.map((row) => [row.category, row.obsrValue ?? undefined]));
  const { baseDate = "", baseTime = "" } = rows[0] ?? {};
  const isAhead = ({ at }: ForecastHour) => Date.parse(at) >= wallMs;
  return {
    at: seoulIso(baseDate, baseTime),
    temperatureCelsius: readMeasure(values.get("T1H")),
    precipitation: readPrecipitation(values.get("PTY")),
    rainMm: readRain(values.get("RN1")),
    humidityPercent: readMeasure(values.get("REH")),
    windMetersPerSecond: readMeasure(values.get("WSD")),
    sky: hours.find((hour) => isAhead(hour) && hour.sky !== null)?.sky ?? null,
    rainChancePercent:
      hours.find((hour) => isAhead(hour) && hour.rainChancePercent !== null)?.rainChancePercent ??
      null,
  };
}

/** A number, -998 and the like for unknown; some stations send the forecast's words. */
function readRain(value: string | undefined): number | null {
  const isNumber = value === undefined || Number.isFinite(Number(value));
  return isNumber ? readMeasure(value) : readAmount(value);
}

/** Rows by hour, in order. */
export function forecast(rows: readonly Row[]): Forecast {
  const byHour = new Map<string, Map<string, string | undefined>>();
  for (const row of rows) {
    if (!/^\d{8}$/.test(row.fcstDate ?? "") || !/^\d{4}$/.test(row.fcstTime ?? "")) continue;
    const at = seoulIso(row.fcstDate ?? "", row.fcstTime ?? "");
    const values = byHour.get(at) ?? new Map<string, string | undefined>();
    byHour.set(at, values.set(row.category, row.fcstValue ?? undefined));
  }
  const hours = [...byHour].sort(([a], [b]) => (a < b ? -1 : 1));
  const dates = [...new Set(hours.map(([at]) => at.slice(0, 10)))];
  const dayValue = (date: string, category: string) =>
    hours
      .filter(([at]) => at.startsWith(date))
      .map(([, values]) => readMeasure(values.get(category)))
      .find((value) => value !== null) ?? null;
  return {
    hours: hours.map(([at, values]) => forecastHour(at, values)),
    days: dates.map((date) => ({
      date,
      lowestCelsius: dayValue(date, "TMN"),
      highestCelsius: dayValue(date, "TMX"),
    })),
  };
}

function forecastHour(at: string, values: ReadonlyMap<string, string | undefined>): ForecastHour {
  const amount = (...categories: string[]) => {
    const category = categories.find((one) => values.has(one));
    return category === undefined ? null : readAmount(values.get(category));
  };
  return {
    at,
    temperatureCelsius: readMeasure(values.get("TMP") ?? values.get("T1H")),
    sky: readSky(values.get("SKY")),
    precipitation: readPrecipitation(values.get("PTY")),
    rainChancePercent: readMeasure(values.get("POP")),
    rainMm: amount("PCP", "RN1"),
    snowCm: amount("SNO"),
    humidityPercent: readMeasure(values.get("REH")),
    windMetersPerSecond: readMeasure(values.get("WSD")),
  };
}
