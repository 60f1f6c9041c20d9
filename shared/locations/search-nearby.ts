import type { Sql } from "../clients/postgres.ts";
import type { Place } from "../places/place.ts";
import type { PickupCategory, StoreCategory } from "./categories.ts";
import { geoIndexOf } from "./geo-index.ts";
import type { Weekday } from "./opening-hours.ts";
import type { SiteSource } from "./site.ts";

export interface NearbySearch {
  readonly place: Place;
  /** By default 5,000. */
  readonly radiusMeters?: number | undefined;
  /** By default 10. */
  readonly limit?: number | undefined;
  /** Any of them; undefined: all. */
  readonly stores?: readonly StoreCategory[] | undefined;
  /** Takes any of these; undefined: whatever. */
  readonly pickups?: readonly PickupCategory[] | undefined;
  readonly source?: SiteSource | undefined;
  /** Made-up sites of the sample set too; by default not. */
  readonly withSamples?: boolean | undefined;
  /** Whose hours to bring along; undefined: none. */
  readonly weekday?: Weekday | undefined;
}

export interface Site {
  readonly id: number;
  readonly name: string;
  readonly source: SiteSource;
  readonly road_address: string | null;
  readonly lot_address: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly store_category: StoreCategory;
  readonly pickup_categories: readonly PickupCategory[];
  readonly phone: string | null;
  readonly homepage: string | null;
  /** What the place takes, as its data set says it. */
  readonly items: string | null;
  readonly is_sample: boolean;
}
export interface NearSite extends Site {
  readonly latitude: number;
  readonly longitude: number;
  readonly meters: number;
  /** The text of the day that was asked for. */
  readonly hours: string | null;
}

/** The columns of a `Site`. */
export function siteColumns(sql: Sql) {
  return sql`positn_sn::float8 as id, shown_name as name, source, positn_rdnm_addr as road_address,
    positn_lotno_addr as lot_address, positn_pstn_lat as latitude, positn_pstn_lot as longitude,
    store_category, pickup_categories, shown_phone as phone, lnkg_hmpg_url_addr as homepage,
    clct_item_cn as items, is_sample`;
}

/**
 * Sites around a place, the nearest first, each within the radius.
 *
 * Sorting every site of a large radius is slow, and the nearest by an index are only nearly the nearest on the ground.
 * So the index picks as many candidates as are wanted; none of the true ones lies farther than the farthest of
 * these; and all within that distance are measured.
 */
export async function searchNearby(sql: Sql, search: NearbySearch): Promise<NearSite[]> {
  const place = rounded(search.place);
  const { radiusMeters: radius = 5000, limit = 10, weekday } = search;
  const wanted = { ...search, place, radiusMeters: radius, limit };
  // a kind has indexes of its own, which PostGIS's way does not know: 18 ms instead of 9 (bench locations, 2026-11-21)
  const isOfAKind = search.stores ?? search.pickups ?? search.source;
  const byGeography = !isOfAKind && (await geoIndexOf(sql)) === "geography";
  const { reach, within } = byGeography ? geography(sql, wanted) : plane(sql, wanted);
  const hours = weekday ? sql(`${weekday}_sals_hr_expln_cn`) : sql`null`;
  return sql<NearSite[]>`
    with reach as materialized (select ${reach} as meters)
    select * from (
      select ${siteColumns(sql)}, ${hours} as hours, ${metersFrom(sql, place)} as meters
      from location.location_normalized_sites
      where ${within(sql`(select meters from reach)`)} ${filters(sql, search)}
    ) as found
    where meters <= (select meters from reach)
    order by meters, id limit ${limit}`;
}

type Wanted = NearbySearch & { readonly radiusMeters: number; readonly limit: number };
type Fragment = ReturnType<typeof siteColumns>;

function metersFrom(sql: Sql, { latitude: lat, longitude: lon }: Place): Fragment {
  return sql`location.meters(${lat}::float8, ${lon}::float8, positn_pstn_lat, positn_pstn_lot)`;
}

/** By the indexes every PostgreSQL has: the sites themselves, picked by a function that knows two ways to them. */
function plane(sql: Sql, { place, radiusMeters, limit, ...more }: Wanted) {
  const { stores = null, pickups = null, source = null, withSamples = false } = more;
  return {
    reach: sql`${radiusMeters}::float8`,
    within: () => sql`positn_sn = any(array(select location.nearest(
      ${place.latitude}::float8, ${place.longitude}::float8, ${radiusMeters}::float8, ${limit}::int,
      ${stores as string[] | null}::text[], ${pickups as string[] | null}::text[],
      ${source}::text, ${withSamples}::boolean)))`,
  };
}

/** By PostGIS's. `reach`: meters to the farthest candidate; `within`: a circle of at least so many. */
function geography(sql: Sql, search: Wanted) {
  const { latitude: lat, longitude: lon } = search.place;
  const { radiusMeters: radius, limit } = search;
  const site = sql`geography(st_setsrid(st_makepoint(positn_pstn_lot, positn_pstn_lat), 4326))`;
  const here = sql`geography(st_setsrid(st_makepoint(${lon}::float8, ${lat}::float8), 4326))`;
  // its sphere is a millionth larger than ours
  const within = (meters: Fragment) =>
    sql`st_dwithin(${site}, ${here}, ${meters} * 1.0001 + 1, false)`;
  const reach = sql`(
    select case when count(*) < ${limit}::int then ${radius}::float8
      else least(max(meters), ${radius}::float8) end
    from (
      select ${metersFrom(sql, search.place)} as meters from location.location_normalized_sites
      where ${within(sql`${radius}::float8`)} ${filters(sql, search)}
      order by ${site} <-> ${here} limit ${limit}
    ) as candidates)`;
  return { reach, within };
}

/** To a tenth of a millimeter: numbers next to zero make PostgreSQL's arithmetic underflow, which is an error there. */
function rounded({ latitude, longitude }: Place): Place {
  const round = (degrees: number) => Math.round(degrees * 1e9) / 1e9;
  return { latitude: round(latitude), longitude: round(longitude) };
}

function filters(sql: Sql, { stores, pickups, source, withSamples }: NearbySearch) {
  return sql`
    ${stores ? sql`and store_category = any(${stores as string[]}::text[])` : sql``}
    ${pickups ? sql`and pickup_categories && ${pickups as string[]}::text[]` : sql``}
    ${source ? sql`and source = ${source}` : sql``}
    ${withSamples ? sql`` : sql`and not is_sample`}`;
}
