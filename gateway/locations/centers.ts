import * as v from "valibot";
import { weekdayIn } from "../../shared/locations/opening-hours.ts";
import { searchNearby } from "../../shared/locations/search-nearby.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";
import { entryOf } from "./entry.ts";
import { centersParams, centersQuery } from "./query.ts";
import { LocationEntry } from "./schemas.ts";

/** GET the sites around a place, the nearest first. */
export const listCenters: Handle = async (c, { sql, clock }) => {
  const wanted = centersQuery(c);
  const now = clock.wallMs();
  const search = { ...wanted, weekday: weekdayIn(now), withSamples: true };
  const sites = await query(searchNearby(sql, search));
  return c.json(sites.map((site) => entryOf(site, now)));
};

export const listCentersDoc: RouteDoc = {
  summary: "Collection points and zero-waste shops around a place, the nearest first",
  tag: "locations",
  query: centersParams,
  answers: { 200: { about: "at most 200 sites", body: v.array(LocationEntry) } },
  errors: ["INVALID_STORE_CATEGORY", "INVALID_PICKUP_CATEGORY"],
};
