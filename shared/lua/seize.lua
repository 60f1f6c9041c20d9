-- Somebody other than a worker ends a job (cancel, watchdog, dead letter): a new attempt fences the
-- worker out, so nothing can follow what the caller now reads in the log. One ender at a time; one that
-- vanishes before its append is followed by the watchdog, which ends the job the way that was wanted.
-- KEYS[1] job hash   KEYS[2] deadlines zset
-- ARGV[1] time for the ending itself, ms   ARGV[2] only if past its deadline: grace in ms, or "" for any time
-- ARGV[3] job id     ARGV[4] ending wanted   ARGV[5] its error code, or ""
-- Returns {"seized", attempt, last token seq, worker or "", ending, error code, now ms}
--       | {"seizing", ms left} (another ender is at it) | {"ended", status} | {"unknown"} | {"early", ms left}
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "last_seq", "worker", "deadline", "seized_until",
  "seized_ending", "seized_code")
local status = job[1]
if not status then return { "unknown" } end
if status == "completed" or status == "failed" or status == "cancelled" then return { "ended", status } end
local seized = tonumber(job[6] or 0)
if seized > now then return { "seizing", string.format("%.0f", seized - now) } end
if ARGV[2] ~= "" and seized == 0 then
  local left = tonumber(job[5] or 0) + ARGV[2] - now
  if left > 0 then return { "early", string.format("%.0f", left) } end
end
local ending, code = job[7] or ARGV[4], job[8] or ARGV[5]
local attempt = string.format("%.0f", math.max(tonumber(job[2]) + 1, now))
local over = string.format("%.0f", now + ARGV[1])
redis.call("HSET", KEYS[1], "status", "running", "attempt", attempt, "n", "0", "lease_until", over,
  "seized_until", over, "seized_ending", ending, "seized_code", code)
redis.call("ZADD", KEYS[2], over, ARGV[3])
return { "seized", attempt, job[3], job[4] or "", ending, code, string.format("%.0f", now) }
