import * as v from "valibot";
import { pickupCategories, storeCategories } from "../../shared/locations/categories.ts";

// What the location routes answer; the web client's map reads these fields.

const Text = v.nullable(v.string());
const Degrees = v.nullable(v.number());
const Store = v.picklist(storeCategories);
const Pickups = v.array(v.picklist(pickupCategories));

export const LocationEntry = v.object({
  id: v.pipe(
    v.number(),
    v.integer(),
    v.description("Negative for a hit of Kakao, which has no details here."),
  ),
  name: v.string(),
  source: v.picklist(["keco", "zerowaste", "kakao"]),
  road_address: Text,
  latitude: Degrees,
  longitude: Degrees,
  distance_km: v.number(),
  distance_text: v.pipe(v.string(), v.description("`850m`, `1.2km`.")),
  store_category: Store,
  pickup_categories: Pickups,
  is_holiday: v.pipe(v.nullable(v.boolean()), v.description("Null where no hours are known.")),
  is_open: v.nullable(v.boolean()),
  start_time: v.pipe(Text, v.description("`09:00`, today in Seoul.")),
  end_time: Text,
  phone: Text,
  place_url: Text,
  kakao_place_id: Text,
});
export type LocationEntry = v.InferOutput<typeof LocationEntry>;

export const SuggestEntry = v.object({
  place_name: v.string(),
  address: Text,
  latitude: v.number(),
  longitude: v.number(),
  place_url: Text,
});
export type SuggestEntry = v.InferOutput<typeof SuggestEntry>;

export const LocationDetail = v.object({
  id: v.pipe(v.number(), v.integer()),
  name: v.string(),
  source: v.picklist(["keco", "zerowaste"]),
  road_address: Text,
  lot_address: Text,
  latitude: Degrees,
  longitude: Degrees,
  store_category: Store,
  pickup_categories: Pickups,
  phone: Text,
  place_url: Text,
  kakao_place_id: Text,
  collection_items: Text,
  introduction: Text,
});
export type LocationDetail = v.InferOutput<typeof LocationDetail>;
