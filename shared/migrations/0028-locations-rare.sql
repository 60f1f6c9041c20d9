-- A kind of place that is rare, or nowhere near: walking outwards found out only at the radius, past 40,000 others (111 ms).
-- The walk now gives up after ten times as many as are wanted, and the kind's own index is asked.
create index sites_by_store on location.location_normalized_sites (store_category, positn_pstn_lat);
-- without a list of what is still to be sorted in, which every reader would read after an import
create index sites_by_pickup on location.location_normalized_sites using gin (pickup_categories)
  with (fastupdate = off);

-- Null: gave up.
create or replace function location.reach(
  lat double precision, lon double precision, radius double precision, wanted integer,
  stores text[], pickups text[], wanted_source text, with_samples boolean
) returns double precision
  language plpgsql stable parallel safe
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
as $$
declare is_choosy boolean := stores is not null or pickups is not null or wanted_source is not null;
begin
  return (
    select case
      when count(*) = wanted then least(max(meters), radius)
      when not is_choosy then radius
    end
    from (
      select location.meters(lat, lon, positn_pstn_lat, positn_pstn_lot) as meters
      from (
        select positn_pstn_lat, positn_pstn_lot, store_category, pickup_categories, source
        from location.location_normalized_sites
        where location.plane(positn_pstn_lat, positn_pstn_lot) <@ location.box_around(lat, lon, radius)
          and (with_samples or not is_sample)
        order by location.plane(positn_pstn_lat, positn_pstn_lot) <-> location.plane(lat, lon)
        limit case when is_choosy then wanted * 10 end
      ) as walked
      where (stores is null or store_category = any(stores))
        and (pickups is null or pickup_categories && pickups)
        and (wanted_source is null or source = wanted_source)
      limit wanted
    ) as nearest
  );
end $$;

-- The nearest of a rare kind. The planner sees the kind it is planning for; the band of latitudes is for its index.
create function location.nearest_few(
  lat double precision, lon double precision, radius double precision, wanted integer,
  stores text[], pickups text[], wanted_source text, with_samples boolean
) returns setof bigint
  language plpgsql stable parallel safe
  set plan_cache_mode = force_custom_plan
as $$
declare band double precision := degrees(radius / 6371000) * 1.000001 + 1e-9;
begin
  return query
    select id from (
      select positn_sn as id, location.meters(lat, lon, positn_pstn_lat, positn_pstn_lot) as meters
      from location.location_normalized_sites
      where location.plane(positn_pstn_lat, positn_pstn_lot) <@ location.box_around(lat, lon, radius)
        and positn_pstn_lat between lat - band and lat + band
        and (stores is null or store_category = any(stores))
        and (pickups is null or pickup_categories && pickups)
        and (wanted_source is null or source = wanted_source)
        and (with_samples or not is_sample)
    ) as found
    where meters <= radius order by meters, id limit wanted;
end $$;

-- The nearest sites within the radius that are of a kind.
create function location.nearest(
  lat double precision, lon double precision, radius double precision, wanted integer,
  stores text[], pickups text[], wanted_source text, with_samples boolean
) returns setof bigint
  language plpgsql stable parallel safe
  set plan_cache_mode = force_generic_plan
as $$
declare far double precision :=
  location.reach(lat, lon, radius, wanted, stores, pickups, wanted_source, with_samples);
begin
  if far is null then
    return query select * from
      location.nearest_few(lat, lon, radius, wanted, stores, pickups, wanted_source, with_samples);
    return;
  end if;
  return query
    select id from (
      select positn_sn as id, location.meters(lat, lon, positn_pstn_lat, positn_pstn_lot) as meters
      from location.location_normalized_sites
      where location.plane(positn_pstn_lat, positn_pstn_lot) <@ location.box_around(lat, lon, far)
        and (stores is null or store_category = any(stores))
        and (pickups is null or pickup_categories && pickups)
        and (wanted_source is null or source = wanted_source)
        and (with_samples or not is_sample)
    ) as found
    where meters <= far order by meters, id limit wanted;
end $$;
