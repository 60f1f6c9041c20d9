export type Sky = "clear" | "mostly_cloudy" | "overcast";
export type Precipitation =
  | "none"
  | "rain"
  | "rain_and_snow"
  | "snow"
  | "shower"
  | "drizzle"
  | "drizzle_and_flurry"
  | "flurry";

const skies: Readonly<Record<string, Sky>> = { 1: "clear", 3: "mostly_cloudy", 4: "overcast" };

/** Observation and both forecasts share the codes: 4 only in the long one, 5 to 7 only in the others. */
const precipitations: Readonly<Record<string, Precipitation>> = {
  0: "none",
  1: "rain",
  2: "rain_and_snow",
  3: "snow",
  4: "shower",
  5: "drizzle",
  6: "drizzle_and_flurry",
  7: "flurry",
};

/** Null for a code that is not known. */
export function readSky(value: string | undefined): Sky | null {
  return skies[wholeCode(value)] ?? null;
}

/** Null for a code that is not known. */
export function readPrecipitation(value: string | undefined): Precipitation | null {
  return precipitations[wholeCode(value)] ?? null;
}

/** `"1"`, `"1.0"`, `" 1 "` are the same code. */
function wholeCode(value: string | undefined): string {
  const text = value?.trim() ?? "";
  return /^\d+(?:\.0+)?$/.test(text) ? String(Number(text)) : "";
}

/** A measurement; null when missing: 900 and beyond, either sign, mean that there is none. */
export function readMeasure(value: string | undefined): number | null {
  const text = value?.trim() ?? "";
  if (text === "") return null;
  const number = Number(text);
  return Number.isFinite(number) && Math.abs(number) < 900 ? number : null;
}

/**
 * An amount told in words, in its own unit (mm of rain, cm of snow): `강수없음` 0, `1mm 미만` half of it,
 * `30.0~50.0mm` the lower end, `50.0mm 이상` the bound. Null when it says something else.
 */
export function readAmount(value: string | undefined): number | null {
  const text = value?.trim() ?? "";
  if (text === "" || text === "-" || text === "null" || text.endsWith("없음")) return 0;
  const match =
    /^(\d+(?:\.\d+)?)\s*(?:mm|cm)?\s*(?:~\s*\d+(?:\.\d+)?\s*(?:mm|cm)?|(미만)|이상)?$/.exec(text);
  if (!match) return null;
  const number = Number(match[1]);
  if (number >= 900) return null;
  return match[2] === undefined ? number : number / 2;
}
