-- Appends a batch to the job log and the shard stream in one step, if the attempt still owns the job.
-- The batch that ends the job flips the status here: of cancel, timeout and done the first wins.
-- KEYS[1] job hash   KEYS[2] log   KEYS[3] shard stream   KEYS[4] snapshot   KEYS[5] state
-- KEYS[6] turns list KEYS[7] deadlines zset   KEYS[8] published watermark
-- ARGV[1] attempt    ARGV[2] n of the first entry     ARGV[3] job id
-- ARGV[4] ending: "" | completed | failed | cancelled
-- ARGV[5] last token seq after the batch   ARGV[6] progress after the batch   ARGV[7] snapshot JSON or ""
-- ARGV[8] lease, ms  ARGV[9] max shard entries   ARGV[10] ended log ttl, s   ARGV[11] ended ttl, s
-- ARGV[12] [13] the turn an assistant remembers: what was asked, what was answered; "" for none   ARGV[14] its most entries
-- ARGV[15…] entries: event, data, internal ("" for none), in threes
-- A job that came with a lock gives it back with its end; under a lock that somebody else got since, or in
-- a session that is not its user's any more, it cannot complete.
-- Returns "appended" | "stale" (another attempt owns the job, or a store lost entries) | "ended" | "full" | "unlocked"
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "n")
local status, attempt, n = job[1], job[2], tonumber(job[3])
if not status then return "stale" end
local first, entries = tonumber(ARGV[2]), (#ARGV - 14) / 3
if attempt == ARGV[1] and n >= first + entries - 1 then return "appended" end -- a retry of what is there
if status == "completed" or status == "failed" or status == "cancelled" then return "ended" end
if attempt ~= ARGV[1] or n ~= first - 1 then return "stale" end
if ARGV[4] == "" and redis.call("XLEN", KEYS[3]) >= tonumber(ARGV[9]) then return "full" end
local held, is_fenced = {}, false
if ARGV[4] ~= "" then
  held = redis.call("HMGET", KEYS[1], "lock", "lock_token", "lock_fence", "fence", "memory", "memory_owner", "memory_ttl",
    "user_id")
  is_fenced = held[1] and tonumber(redis.call("GET", held[3]) or 0) > tonumber(held[4])
  if held[5] and redis.call("GET", held[6]) ~= held[8] then is_fenced = true end -- deleted, perhaps another's by now
  if is_fenced and ARGV[4] == "completed" then return "unlocked" end
end

for i = 0, entries - 1 do
  local event, data, internal = ARGV[15 + i * 3], ARGV[16 + i * 3], ARGV[17 + i * 3]
  local id = attempt .. "-" .. string.format("%.0f", first + i)
  redis.call("XADD", KEYS[2], id, "event", event, "data", data)
  if internal == "" then
    redis.call("XADD", KEYS[3], "*", "job_id", ARGV[3], "id", id, "event", event, "data", data)
  else
    redis.call("XADD", KEYS[3], "*", "job_id", ARGV[3], "id", id, "event", event, "data", data, "internal", internal)
  end
end
if ARGV[7] ~= "" then redis.call("SET", KEYS[4], ARGV[7], "EX", ARGV[11]) end

local last = string.format("%.0f", first + entries - 1)
if ARGV[4] == "" then
  local time = redis.call("TIME")
  redis.call("HSET", KEYS[1], "n", last, "last_seq", ARGV[5], "progress", ARGV[6],
    "lease_until", string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[8]))
  return "appended"
end
redis.call("HSET", KEYS[1], "n", last, "last_seq", ARGV[5], "progress", ARGV[6], "status", ARGV[4])
redis.call("EXPIRE", KEYS[1], ARGV[11])
redis.call("EXPIRE", KEYS[2], ARGV[10])
redis.call("EXPIRE", KEYS[4], ARGV[10])
redis.call("EXPIRE", KEYS[8], ARGV[10])
-- the ending outlives the log, and is there even when no router is
redis.call("SET", KEYS[5], ARGV[#ARGV - 1], "EX", ARGV[11])
redis.call("LREM", KEYS[6], 0, ARGV[3])
redis.call("ZREM", KEYS[7], ARGV[3])
if held[5] and ARGV[13] ~= "" and not is_fenced then
  redis.call("LPUSH", held[5], ARGV[12], ARGV[13])
  redis.call("LTRIM", held[5], 0, ARGV[14] - 1)
  if held[7] ~= "0" then
    redis.call("EXPIRE", held[5], held[7])
    redis.call("EXPIRE", held[6], held[7])
  end
end
if held[1] and redis.call("GET", held[1]) == held[2] then redis.call("DEL", held[1]) end
return "appended"
