import * as v from "valibot";
import { location } from "../../shared/limits.ts";
import { findByText } from "../../shared/locations/find-by-text.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";
import { webAddress } from "./entry.ts";
import { suggestQuery, textParam } from "./query.ts";
import { SuggestEntry } from "./schemas.ts";
import { placesBy } from "./search.ts";

const { suggestions } = location;

/** GET places a text may mean, while it is typed. */
export const suggestLocations: Handle = async (c, deps) => {
  const text = suggestQuery(c);
  if (!deps.kakao) return c.json(await suggestOffline(deps, text));
  const places = await placesBy(deps.kakao, { query: text, size: suggestions }, c.req.raw.signal);
  const entries = places.slice(0, suggestions).map((place): SuggestEntry => ({
    place_name: place.name,
    address: place.address,
    latitude: place.latitude,
    longitude: place.longitude,
    place_url: place.url,
  }));
  return c.json(entries);
};

/** Without Kakao: districts and stations that begin so, then sites of ours. */
async function suggestOffline({ sql }: Pick<Deps, "sql">, text: string): Promise<SuggestEntry[]> {
  const { centersStartingWith } = await import("../../shared/places/district-centers.ts");
  const districts = centersStartingWith(text, 2).map(
    ({ name, latitude, longitude }): SuggestEntry => ({
      place_name: name,
      address: null,
      latitude,
      longitude,
      place_url: null,
    }),
  );
  const limit = suggestions - districts.length;
  const sites = await query(findByText(sql, { text, limit, onMap: true, withSamples: true }));
  const found = sites.flatMap((site): SuggestEntry[] =>
    site.latitude === null || site.longitude === null
      ? []
      : [
          {
            place_name: site.name,
            address: site.road_address ?? site.lot_address,
            latitude: site.latitude,
            longitude: site.longitude,
            place_url: webAddress(site.homepage),
          },
        ],
  );
  return [...districts, ...found];
}

export const suggestLocationsDoc: RouteDoc = {
  summary: "Places a text may mean",
  tag: "locations",
  query: { q: textParam },
  answers: { 200: { about: `at most ${suggestions}`, body: v.array(SuggestEntry) } },
  errors: ["KAKAO_API_UNAVAILABLE"],
};
