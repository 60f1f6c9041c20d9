-- A worker asks the person, or looks whether the answer is there. The same question asked by a later
-- attempt finds the pending request, its deadline and its answer.
-- KEYS[1] job hash   KEYS[2] input hash   KEYS[3] deadlines zset
-- ARGV[1] attempt   ARGV[2] request id   ARGV[3] input type   ARGV[4] wait, ms   ARGV[5] ttl, s
-- ARGV[6] job id    ARGV[7] options JSON or ""
-- Returns {"asked", ms left} (new) | {"pending", ms left} | {"answered", answer JSON} | {"expired"} | {"stale"} | {"ended"}
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "deadline")
local status = job[1]
if not status then return { "stale" } end
if status == "completed" or status == "failed" or status == "cancelled" then return { "ended" } end
if job[2] ~= ARGV[1] then return { "stale" } end
-- settled before another question took its place
local past = redis.call("HGET", KEYS[2], "past:" .. ARGV[2])
if past == "" then return { "expired" } end
if past then return { "answered", past } end
local held = redis.call("HMGET", KEYS[2], "request_id", "deadline", "answer", "state")
if held[1] == ARGV[2] then
  if held[4] == "answered" then
    redis.call("HSET", KEYS[1], "status", "running")
    return { "answered", held[3] }
  end
  local left = tonumber(held[2]) - now
  if held[4] == "expired" or left <= 0 then
    redis.call("HSET", KEYS[2], "state", "expired")
    redis.call("HSET", KEYS[1], "status", "running")
    return { "expired" }
  end
  redis.call("HSET", KEYS[1], "status", "waiting_human")
  return { "pending", string.format("%.0f", left) }
end
if held[4] == "answered" then redis.call("HSET", KEYS[2], "past:" .. held[1], held[3]) end
if held[4] == "expired" then redis.call("HSET", KEYS[2], "past:" .. held[1], "") end
redis.call("HDEL", KEYS[2], "answer")
redis.call("HSET", KEYS[2], "request_id", ARGV[2], "type", ARGV[3], "state", "pending", "options", ARGV[7],
  "deadline", string.format("%.0f", now + ARGV[4]))
redis.call("EXPIRE", KEYS[2], ARGV[5])
-- waiting for a person is not the job's time
local deadline = string.format("%.0f", tonumber(job[3]) + ARGV[4])
redis.call("HSET", KEYS[1], "status", "waiting_human", "deadline", deadline)
redis.call("ZADD", KEYS[3], deadline, ARGV[6])
return { "asked", ARGV[4] }
