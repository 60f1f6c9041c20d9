-- A worker keeps its lease and hears whether the job is still its own.
-- KEYS[1] job hash   ARGV[1] attempt   ARGV[2] lease, ms
-- Returns "renewed" | "stale" | "ended"
local job = redis.call("HMGET", KEYS[1], "status", "attempt")
if not job[1] then return "stale" end
if job[1] == "completed" or job[1] == "failed" or job[1] == "cancelled" then return "ended" end
if job[2] ~= ARGV[1] then return "stale" end
local time = redis.call("TIME")
redis.call("HSET", KEYS[1], "lease_until",
  string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]))
return "renewed"
