-- A worker keeps its lease and hears whether the job is still its own.
-- KEYS[1] job hash   ARGV[1] attempt   ARGV[2] lease, ms
-- Returns "renewed" | "stale" | "ended" | "unlocked" (the lock it came with is somebody else's)
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "lock", "lock_token", "lock_fence", "lock_ms", "fence")
if not job[1] then return "stale" end
if job[1] == "completed" or job[1] == "failed" or job[1] == "cancelled" then return "ended" end
if job[2] ~= ARGV[1] then return "stale" end
if job[3] then
  local holder = redis.call("GET", job[3])
  if holder == job[4] then
    redis.call("PEXPIRE", job[3], job[6])
  elseif holder or tonumber(redis.call("GET", job[5]) or 0) > tonumber(job[7]) then
    return "unlocked"
  else -- ran out, and nobody had it since
    redis.call("SET", job[3], job[4], "PX", job[6])
  end
end
local time = redis.call("TIME")
redis.call("HSET", KEYS[1], "lease_until",
  string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]))
return "renewed"
