-- A worker hands a job back before it ended: the next one need not wait for the lease to run out.
-- KEYS[1] job hash   ARGV[1] attempt   ARGV[2] "1" when this try shall not count (shutdown, waiting store)
-- Returns "released" | "stale" | "ended"
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "tries")
if not job[1] then return "stale" end
if job[1] == "completed" or job[1] == "failed" or job[1] == "cancelled" then return "ended" end
if job[2] ~= ARGV[1] then return "stale" end
redis.call("HSET", KEYS[1], "lease_until", "0")
if ARGV[2] == "1" then redis.call("HSET", KEYS[1], "tries", math.max(0, tonumber(job[3]) - 1)) end
return "released"
