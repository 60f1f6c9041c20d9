import * as v from "valibot";
import type { Clock } from "../../../shared/clock.ts";
import type { KakaoLocal } from "../../../shared/apis/kakao-local.ts";
import type { Kma } from "../../apis/kma.ts";
import type { CurrentWeather, Forecast } from "../../apis/kma-rows.ts";
import type { Place } from "../../../shared/places/place.ts";
import { hourMs, seoulTime } from "../../../shared/seoul-time.ts";
import { weatherTip } from "../../apis/weather-tip.ts";
import type { FunctionCall } from "../../llm/call-function.ts";
import { dataOf } from "../api-failure.ts";
import { centerOf, findPlaceName } from "../places/find-place.ts";
import { argumentsBy } from "./ask-model.ts";
import { plain } from "../plain-text.ts";
import type { Service } from "../run-context.ts";

const Where = v.object({ place: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(40)) });
const weatherPlace: FunctionCall<v.InferOutput<typeof Where>> = {
  name: "weather_place",
  description: "어느 곳의 날씨를 묻는지 알린다.",
  parameters: {
    type: "object",
    properties: { place: { type: "string", description: "말에 나온 지역이나 장소의 한국어 이름" } },
    required: ["place"],
  },
  input: Where,
};

const Beside = v.object({
  needs_weather: v.boolean(),
  waste_category: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(20))),
});
const weatherBeside: FunctionCall<v.InferOutput<typeof Beside>> = {
  name: "weather_beside",
  description: "물건을 내놓는 데 오늘 날씨가 상관있는지 알린다.",
  parameters: {
    type: "object",
    properties: {
      needs_weather: {
        type: "boolean",
        description: "젖거나 상하거나 얼 수 있는 것을 밖에 내놓는 말이면 true",
      },
      waste_category: {
        type: "string",
        description: "버릴 것의 갈래. 예: 종이, 음식물, 플라스틱. 없으면 비운다",
      },
    },
    required: ["needs_weather"],
  },
  input: Beside,
};

interface WeatherClients {
  readonly kma: Kma;
  readonly kakao: KakaoLocal;
  readonly clock: Clock;
}

const skyNames = { clear: "맑음", mostly_cloudy: "구름 많음", overcast: "흐림" } as const;
const fallingNames = {
  none: "",
  rain: "비",
  rain_and_snow: "비와 눈",
  snow: "눈",
  shower: "소나기",
  drizzle: "이슬비",
  drizzle_and_flurry: "이슬비와 눈날림",
  flurry: "눈날림",
} as const;

/** The node has 5 s: the weather itself must still be asked for. */
const modelMs = 3000;

/** Weather is no reason to hold a job up: the answer asks, nobody waits. */
const whichPlace = {
  title: "날씨",
  lines: ["어느 지역의 날씨인지 알려 주시면 찾아 드릴게요."],
};

/** Days from today a message speaks of: 0 for today and for no day at all. */
function dayOffset(message: string): number {
  if (/글피/.test(message)) return 3;
  if (/모레/.test(message)) return 2;
  return /내일|이튿날/.test(message) ? 1 : 0;
}

/** Asked for: the weather of a place. Beside other questions: only what it means for putting waste out. */
export function weatherReport({ kma, kakao, clock }: WeatherClients): Service {
  const placeOf = async (named: string, signal: AbortSignal): Promise<Place | undefined> => {
    const center = centerOf(named);
    if (center) return center;
    const found = await kakao.geocode(named, signal);
    return !found.ok && found.kind === "not_configured" ? undefined : dataOf(found);
  };
  return async (query, signal) => {
    if (query.why === "enrichment") {
      if (!query.place) return undefined;
      // side by side: the model's word costs no time of its own. Without one, weather that matters is told
      const [asked, observed] = await Promise.all([
        argumentsBy(query, weatherBeside, signal, modelMs),
        kma.current(query.place, signal),
      ]);
      if (asked?.needs_weather === false) return undefined;
      const now = dataOf(observed);
      const tip = now && weatherTip(now, asked?.waste_category ?? query.text);
      return tip ? { title: "오늘 날씨와 배출", lines: [tip] } : undefined;
    }
    // a model is asked only where neither the words nor the person's device say where
    const inWords = findPlaceName(query.text);
    const isUnknown = inWords === undefined && !query.place;
    const named = isUnknown
      ? (await argumentsBy(query, weatherPlace, signal, modelMs))?.place
      : inWords;
    const place = named === undefined ? query.place : await placeOf(named, signal);
    if (!place) return named === undefined ? whichPlace : undefined;
    const where = named === undefined ? "지금 위치" : plain(named, 40);
    const days = dayOffset(query.text);
    const lines =
      days === 0
        ? nowLines(dataOf(await kma.current(place, signal)))
        : dayLines(dataOf(await kma.forecast(place, signal)), dateAfter(clock, days));
    if (lines.length === 0) return undefined;
    return { title: `${where} 날씨`, lines: [...lines, "자료: 기상청 단기예보"] };
  };
}

function dateAfter(clock: Clock, days: number): string {
  const { date } = seoulTime(clock.wallMs() + days * 24 * hourMs);
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
}

function nowLines(now: CurrentWeather | undefined): string[] {
  if (!now) return [];
  const falling = now.precipitation === null ? "" : fallingNames[now.precipitation];
  const parts = [
    now.temperatureCelsius === null ? "" : `기온 ${now.temperatureCelsius}°C`,
    falling !== "" ? falling : now.sky === null ? "" : skyNames[now.sky],
    now.rainMm !== null && now.rainMm > 0 ? `한 시간 강수 ${now.rainMm}mm` : "",
    now.rainChancePercent === null ? "" : `강수 확률 ${now.rainChancePercent}%`,
    now.humidityPercent === null ? "" : `습도 ${now.humidityPercent}%`,
  ].filter((part) => part !== "");
  const tip = weatherTip(now);
  if (parts.length === 0) return [];
  return [`${now.at.slice(11, 16)} 관측: ${parts.join(", ")}`, ...(tip === null ? [] : [tip])];
}

function dayLines(forecast: Forecast | undefined, date: string): string[] {
  const hours = forecast?.hours.filter(({ at }) => at.startsWith(date)) ?? [];
  if (hours.length === 0) return [];
  const day = forecast?.days.find((one) => one.date === date);
  const warmths = hours.flatMap(({ temperatureCelsius }) => temperatureCelsius ?? []);
  const low = day?.lowestCelsius ?? (warmths.length > 0 ? Math.min(...warmths) : null);
  const high = day?.highestCelsius ?? (warmths.length > 0 ? Math.max(...warmths) : null);
  const chances = hours.flatMap(({ rainChancePercent }) => rainChancePercent ?? []);
  const falling = [
    ...new Set(
      hours.flatMap(({ precipitation }) => precipitation ?? []).map((one) => fallingNames[one]),
    ),
  ].filter((name) => name !== "");
  const parts = [
    low === null ? "" : `최저 ${low}°C`,
    high === null ? "" : `최고 ${high}°C`,
    chances.length === 0 ? "" : `강수 확률 최고 ${Math.max(...chances)}%`,
    falling.length > 0 ? `${falling.join(", ")} 예보` : "비나 눈 예보 없음",
  ].filter((part) => part !== "");
  return [`${Number(date.slice(5, 7))}월 ${Number(date.slice(8, 10))}일: ${parts.join(", ")}`];
}
