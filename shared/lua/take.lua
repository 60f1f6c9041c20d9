-- A worker takes a job: gives it the next attempt number and a lease, if it is the chat's turn.
-- KEYS[1] job hash   KEYS[2] turns list   KEYS[3] deadlines zset
-- ARGV[1] worker id  [2] lease, ms   [3] "1" if the broker redelivered the message   [4] run time, ms
-- ARGV[5] job id     [6] record ttl, s   [7] job key prefix   [8] max attempts
-- ARGV[9…] fields and values of the record, used only when a store lost it
-- Returns {"taken", attempt, last token seq, progress, tries, deadline ms, ms left}
--       | {"waiting", position} | {"busy"} | {"ended", status} | {"exhausted"}
--       | {"locked"} (the lock it was handed ran out, and somebody else has it)
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = redis.call("HMGET", KEYS[1], "status", "attempt", "tries", "lease_until", "last_seq", "progress", "deadline",
  "seized_until")
local status, attempt, tries = job[1], tonumber(job[2] or 0), tonumber(job[3] or 0)
local lease, last, progress, deadline = tonumber(job[4] or 0), job[5] or "1000", job[6] or "0", tonumber(job[7] or 0)
if not status then
  redis.call("HSET", KEYS[1], "status", "queued", "attempt", "0", "n", "0", "tries", "0", "last_seq", "1000",
    "progress", "0", unpack(ARGV, 9))
  redis.call("EXPIRE", KEYS[1], ARGV[6])
  status = "queued"
end
if status == "completed" or status == "failed" or status == "cancelled" then return { "ended", status } end
if job[8] then return { "busy" } end -- somebody is ending it
if status ~= "queued" and lease > now and ARGV[3] ~= "1" then return { "busy" } end
if tries >= tonumber(ARGV[8]) then return { "exhausted" } end

-- whose turn is it: heads that ended or vanished are left over from a lost store
while true do
  local head = redis.call("LINDEX", KEYS[2], 0)
  if not head or head == ARGV[5] then break end
  local its = redis.call("HGET", ARGV[7] .. head, "status")
  if its == "queued" or its == "running" or its == "waiting_human" then break end
  redis.call("LPOP", KEYS[2])
end
local position = redis.call("LPOS", KEYS[2], ARGV[5])
if not position then
  position = redis.call("RPUSH", KEYS[2], ARGV[5]) - 1
  redis.call("EXPIRE", KEYS[2], ARGV[6])
end
if position > 0 then return { "waiting", position } end

-- a room's or an assistant's job brings a lock; one nobody claimed in time is taken again, under a new fence
local held = redis.call("HMGET", KEYS[1], "lock", "lock_token", "lock_fence", "lock_ms", "fence")
if held[1] then
  local holder = redis.call("GET", held[1])
  if holder and holder ~= held[2] then return { "locked" } end
  redis.call("SET", held[1], held[2], "PX", held[4])
  local newest = tonumber(redis.call("GET", held[3]) or 0)
  if newest > tonumber(held[5]) then
    local fence = string.format("%.0f", math.max(newest + 1, time[1] * 1000000 + time[2]))
    redis.call("SET", held[3], fence, "KEEPTTL")
    redis.call("HSET", KEYS[1], "fence", fence)
  end
end

-- store time in the number: a log that lost its tail never gives an id twice
local next_attempt = math.max(attempt + 1, now)
if status == "queued" or deadline == 0 then deadline = now + ARGV[4] end
redis.call("HSET", KEYS[1], "status", "running", "attempt", string.format("%.0f", next_attempt), "n", "0",
  "tries", tries + 1, "worker", ARGV[1], "lease_until", string.format("%.0f", now + ARGV[2]),
  "deadline", string.format("%.0f", deadline))
redis.call("ZADD", KEYS[3], string.format("%.0f", deadline), ARGV[5])
return { "taken", string.format("%.0f", next_attempt), last, progress, tries + 1,
  string.format("%.0f", deadline), string.format("%.0f", deadline - now) }
