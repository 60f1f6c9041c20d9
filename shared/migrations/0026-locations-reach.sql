-- How far the last of so many sites lies: the planner takes a box for a handful of rows and would sort the tens of
-- thousands that are in a large one. Here it may only walk the index outwards, and stops when it has enough.
create function location.reach(
  lat double precision, lon double precision, radius double precision, wanted integer,
  stores text[], pickups text[], wanted_source text, with_samples boolean
) returns double precision
  language plpgsql stable parallel safe
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select case when count(*) < wanted then radius else least(max(meters), radius) end
    from (
      select location.meters(lat, lon, positn_pstn_lat, positn_pstn_lot) as meters
      from location.location_normalized_sites
      where location.plane(positn_pstn_lat, positn_pstn_lot) <@ location.box_around(lat, lon, radius)
        and (stores is null or store_category = any(stores))
        and (pickups is null or pickup_categories && pickups)
        and (wanted_source is null or source = wanted_source)
        and (with_samples or not is_sample)
      order by location.plane(positn_pstn_lat, positn_pstn_lot) <-> location.plane(lat, lon)
      limit wanted
    ) as nearest
  );
end $$;
