-- Somebody other than a worker ends a job (cancel, watchdog, dead letter): a new attempt fences the
-- worker out, so nothing can follow what the caller now reads in the log.
-- KEYS[1] job hash   ARGV[1] lease for the ending itself, ms
-- ARGV[2] only if past its deadline: grace in ms, or "" for any time
-- Returns {"seized", attempt, last token seq, status before, worker or ""} | {"ended", status} | {"unknown"} | {"early", ms left}
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "last_seq", "worker", "deadline", "seized_until")
local status = job[1]
if not status then return { "unknown" } end
if status == "completed" or status == "failed" or status == "cancelled" then return { "ended", status } end
if ARGV[2] ~= "" then
  local left = tonumber(job[5] or 0) + ARGV[2] - now
  if left > 0 then return { "early", string.format("%.0f", left) } end
end
local attempt = string.format("%.0f", math.max(tonumber(job[2]) + 1, now))
redis.call("HSET", KEYS[1], "status", "running", "attempt", attempt, "n", "0",
  "lease_until", string.format("%.0f", now + ARGV[1]))
return { "seized", attempt, job[3], status, job[4] or "" }
