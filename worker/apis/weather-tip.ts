import type { CurrentWeather } from "./kma-rows.ts";
import type { Precipitation } from "./kma-values.ts";

const wet: readonly Precipitation[] = ["rain", "drizzle"];
const snowy: readonly Precipitation[] = ["snow", "flurry"];
const mixed: readonly Precipitation[] = ["rain_and_snow", "drizzle_and_flurry", "shower"];

type Weather = Pick<CurrentWeather, "precipitation" | "temperatureCelsius" | "humidityPercent">;

/**
 * What the weather means for putting waste out, as Korean sentences; null when it means nothing.
 * `category`: class of the waste that was asked about.
 */
export function weatherTip(weather: Weather, category?: string): string | null {
  const { precipitation: falling, temperatureCelsius: warmth, humidityPercent: damp } = weather;
  const isFood = category?.includes("음식물") ?? false;
  const tips: readonly (readonly [boolean, string])[] = [
    [falling !== null && wet.includes(falling), "비가 오니 종이류는 젖지 않게 내놓아 주세요."],
    [
      falling !== null && snowy.includes(falling),
      "눈이 와서 길이 미끄러우니 내놓을 때 조심하세요.",
    ],
    [falling !== null && mixed.includes(falling), "종이류는 그칠 때까지 실내에 두는 편이 좋아요."],
    [warmth !== null && warmth >= 30, "날이 무더우니 음식물 쓰레기는 빨리 내놓아 주세요."],
    [
      warmth !== null && warmth >= 25 && warmth < 30 && isFood,
      "날이 더우니 음식물 쓰레기를 오래 두지 마세요.",
    ],
    [
      warmth !== null && warmth <= 0,
      "영하로 내려가면 남은 액체가 얼 수 있으니 비워서 내놓아 주세요.",
    ],
    [damp !== null && damp >= 85, "습도가 높으니 종이류는 말려서 내놓아 주세요."],
  ];
  const due = tips.filter(([isDue]) => isDue).map(([, tip]) => tip);
  return due.length > 0 ? due.join(" ") : null;
}
