-- Keeps what a finished stage found, if the attempt still owns the job.
-- KEYS[1] job hash   KEYS[2] checkpoint
-- ARGV[1] attempt   ARGV[2] what was found, JSON   ARGV[3] ttl, s
-- Returns "kept" | "stale" (another attempt owns the job, or a store lost it) | "ended"
local job = redis.call("HMGET", KEYS[1], "status", "attempt")
if not job[1] then return "stale" end
if job[1] == "completed" or job[1] == "failed" or job[1] == "cancelled" then return "ended" end
if job[2] ~= ARGV[1] then return "stale" end
redis.call("SET", KEYS[2], ARGV[2], "EX", ARGV[3])
return "kept"
