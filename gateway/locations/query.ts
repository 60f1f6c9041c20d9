import * as v from "valibot";
import { AppError, type Code, type FieldError } from "../../shared/errors.ts";
import {
  type PickupCategory,
  pickupCategories,
  type StoreCategory,
  storeCategories,
} from "../../shared/locations/categories.ts";
import { location } from "../../shared/limits.ts";
import { type Place, refusePlace } from "../../shared/places/place.ts";
import type { Ctx } from "../deps.ts";
import { invalid } from "../http/body.ts";
import { limitFor, radiusFor } from "./zoom.ts";

const { radiusMeters, queryChars, searchRadiusMeters } = location;

/** For the document: what `centersQuery` takes. */
export const centersParams = {
  lat: v.pipe(v.number(), v.minValue(-90), v.maxValue(90)),
  lon: v.pipe(v.number(), v.minValue(-180), v.maxValue(180)),
  radius: v.optional(
    v.pipe(
      v.number(),
      v.description(`Meters; brought into ${radiusMeters.min} to ${radiusMeters.max}.`),
    ),
  ),
  zoom: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(20),
      v.description("Kakao's map level: 1 is a street, 14 the country."),
    ),
  ),
  store_category: v.optional(
    v.pipe(v.string(), v.description(`all, or a comma list of ${storeCategories.join(", ")}.`)),
    "all",
  ),
  pickup_category: v.optional(
    v.pipe(v.string(), v.description(`all, or a comma list of ${pickupCategories.join(", ")}.`)),
    "all",
  ),
};

export const textParam = v.pipe(v.string(), v.minLength(1), v.maxLength(queryChars));
export const searchRadiusParam = v.optional(
  v.pipe(
    v.number(),
    v.description(`Meters; brought into ${searchRadiusMeters.min} to ${searchRadiusMeters.max}.`),
  ),
  searchRadiusMeters.fallback,
);

export interface CentersQuery {
  readonly place: Place;
  readonly radiusMeters: number;
  readonly limit: number;
  readonly stores: readonly StoreCategory[] | undefined;
  readonly pickups: readonly PickupCategory[] | undefined;
}

/** Throws `VALIDATION_ERROR` that names every wrong number, `INVALID_STORE_CATEGORY` or `INVALID_PICKUP_CATEGORY`. */
export function centersQuery(c: Ctx): CentersQuery {
  const errors: FieldError[] = [];
  const latitude = numberIn(c, "lat", [-90, 90], errors);
  const longitude = numberIn(c, "lon", [-180, 180], errors);
  const radius = numberIn(c, "radius", undefined, errors);
  const zoom = numberIn(c, "zoom", [1, 20], errors);
  if (zoom !== undefined && !Number.isInteger(zoom)) {
    errors.push({ path: "zoom", message: "must be a whole number from 1 to 20" });
  }
  for (const name of ["lat", "lon"]) {
    if (c.req.query(name) === undefined) errors.push({ path: name, message: "is required" });
  }
  if (errors.length > 0) throw refuse(c, errors);
  return {
    place: { latitude: latitude ?? 0, longitude: longitude ?? 0 },
    radiusMeters: radiusFor(radius, zoom),
    limit: limitFor(zoom),
    stores: listOf(c, "store_category", storeCategories, "INVALID_STORE_CATEGORY"),
    pickups: listOf(c, "pickup_category", pickupCategories, "INVALID_PICKUP_CATEGORY"),
  };
}

/** The text and radius of a search. Throws `VALIDATION_ERROR`. */
export function searchQuery(c: Ctx): { text: string; radiusMeters: number } {
  const errors: FieldError[] = [];
  const radius = numberIn(c, "radius", undefined, errors);
  const text = textOf(c, errors);
  if (errors.length > 0) throw invalid(errors);
  const { min, max, fallback } = searchRadiusMeters;
  return { text, radiusMeters: Math.min(max, Math.max(min, radius ?? fallback)) };
}

/** The text of a suggestion. Throws `VALIDATION_ERROR`. */
export function suggestQuery(c: Ctx): string {
  const errors: FieldError[] = [];
  const text = textOf(c, errors);
  if (errors.length > 0) throw invalid(errors);
  return text;
}

function textOf(c: Ctx, errors: FieldError[]): string {
  const text = (c.req.query("q") ?? "").trim();
  const isClean = text.isWellFormed() && !/\p{Cc}/u.test(text);
  if (text === "" || text.length > queryChars || !isClean) {
    errors.push({ path: "q", message: `must be text of 1 to ${queryChars} characters` });
  }
  return text;
}

/** A number of the query, undefined when absent; what is wrong with it goes to `errors`. */
function numberIn(
  c: Ctx,
  path: string,
  range: readonly [number, number] | undefined,
  errors: FieldError[],
): number | undefined {
  const text = c.req.query(path);
  if (text === undefined) return undefined;
  const value = /^[+-]?(?:\d{1,20}(?:\.\d{0,30})?|\.\d{1,30})(?:e[+-]?\d{1,3})?$/i.test(text)
    ? Number(text)
    : NaN;
  const isIn = range === undefined || (value >= range[0] && value <= range[1]);
  if (Number.isFinite(value) && isIn) return value;
  const allowed = range ? `a number from ${range[0]} to ${range[1]}` : "a number";
  errors.push({ path, message: `must be ${allowed}` });
  return undefined;
}

/** The usual mistake has a sentence of its own. */
function refuse(c: Ctx, errors: readonly FieldError[]): AppError {
  const sent = { latitude: Number(c.req.query("lat")), longitude: Number(c.req.query("lon")) };
  if (refusePlace(sent)?.providerCode !== "swapped_coordinates") return invalid(errors);
  return new AppError("VALIDATION_ERROR", { detail: "lat and lon are swapped", errors });
}

function listOf<const Name extends string>(
  c: Ctx,
  path: string,
  known: readonly Name[],
  code: Code,
): readonly Name[] | undefined {
  const wanted = (c.req.query(path) ?? "all")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (wanted.length === 0 || wanted.includes("all")) return undefined;
  const found = known.filter((name) => wanted.includes(name));
  if (wanted.every((name) => known.some((one) => one === name))) return found;
  const allowed = `must be all, or a comma list of ${known.join(", ")}`;
  throw new AppError(code, {
    detail: `${path} ${allowed}`,
    errors: [{ path, message: allowed }],
  });
}
