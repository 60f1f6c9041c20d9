-- Accepts a message as a job: its record, the first entry of its log, its turn in the chat and its
-- outbox entry, all or nothing. The outbox entry goes away when the broker confirmed the message.
-- KEYS[1] job hash        KEYS[2] log      KEYS[3] shard stream   KEYS[4] turns list
-- KEYS[5] recent zset, "" for a job without rows     KEYS[6] deadlines zset   KEYS[7] outbox stream   KEYS[8] idempotency (or "")
-- KEYS[9] state   KEYS[10] chat owner hash   KEYS[11] the user's jobs zset
-- ARGV[1] job id   [2] chat id   [3] user id   [4] message   [5] image url or ""   [6] accepted at, ISO
-- ARGV[7] queued body for the log, JSON, with "%POSITION%" where the turn goes
-- ARGV[8] envelope, JSON   [9] queued deadline, ms from now   [10] record ttl, s
-- ARGV[11] double texting: enqueue | reject   [12] body hash   [13] idempotency ttl, s   [14] job key prefix
-- ARGV[15] max shard entries   [16] traceparent of the request, or ""
-- ARGV[17] how many jobs of the user may be unended, "" for any number
-- ARGV[18…] more fields of the record and their values
-- Returns {"accepted", outbox id, position} | {"repeated", job id} | {"conflict"} | {"busy", running job id}
--       | {"full"} | {"limited"}
-- a client that lost its connection sends the same call again
local known_outbox = redis.call("HGET", KEYS[1], "outbox")
if known_outbox then
  return { "accepted", known_outbox, redis.call("LPOS", KEYS[4], ARGV[1]) or 0 }
end
if KEYS[8] ~= "" then
  local known = redis.call("GET", KEYS[8])
  if known then
    local hash, id = string.match(known, "^(%S+) (%S+)$")
    if hash == ARGV[12] then return { "repeated", id } end
    return { "conflict" }
  end
end
if redis.call("XLEN", KEYS[3]) >= tonumber(ARGV[15]) then return { "full" } end
-- heads whose record is gone or ended are left over from a lost store: drop them
local head = redis.call("LINDEX", KEYS[4], 0)
while head do
  local status = redis.call("HGET", ARGV[14] .. head, "status")
  if status == "queued" or status == "running" or status == "waiting_human" then break end
  redis.call("LPOP", KEYS[4])
  head = redis.call("LINDEX", KEYS[4], 0)
end
if head and ARGV[11] == "reject" then return { "busy", head } end
-- what ended is struck only when the list is full: nobody who ends a job has to know of it
local most = tonumber(ARGV[17])
if most and redis.call("ZCARD", KEYS[11]) >= most then
  for _, id in ipairs(redis.call("ZRANGE", KEYS[11], 0, -1)) do
    local status = redis.call("HGET", ARGV[14] .. id, "status")
    if status ~= "queued" and status ~= "running" and status ~= "waiting_human" then redis.call("ZREM", KEYS[11], id) end
  end
  if redis.call("ZCARD", KEYS[11]) >= most then return { "limited" } end
end

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local position = redis.call("RPUSH", KEYS[4], ARGV[1]) - 1
redis.call("EXPIRE", KEYS[4], ARGV[10])
redis.call("HSET", KEYS[1], "user_id", ARGV[3], "chat_id", ARGV[2], "message", ARGV[4], "image_url", ARGV[5],
  "created_at", ARGV[6], "status", "queued", "attempt", "0", "n", "1", "tries", "0", "last_seq", "1000",
  "progress", "0", "trace", ARGV[16], "deadline", string.format("%.0f", now + ARGV[9]))
if ARGV[18] then redis.call("HSET", KEYS[1], unpack(ARGV, 18)) end
redis.call("EXPIRE", KEYS[1], ARGV[10])
-- the first message of a chat: whoever runs it knows that there is no memory to miss
if redis.call("HDEL", KEYS[10], "fresh") == 1 then redis.call("HSET", KEYS[1], "first", "1") end
local data = string.gsub(ARGV[7], "%%POSITION%%", tostring(position))
redis.call("XADD", KEYS[2], "0-1", "event", "queued", "data", data)
redis.call("EXPIRE", KEYS[2], ARGV[10])
redis.call("XADD", KEYS[3], "*", "job_id", ARGV[1], "id", "0-1", "event", "queued", "data", data)
redis.call("SET", KEYS[9], data, "EX", ARGV[10])
if KEYS[5] ~= "" then
  redis.call("ZADD", KEYS[5], now, ARGV[1])
  redis.call("EXPIRE", KEYS[5], ARGV[10])
end
redis.call("ZADD", KEYS[6], now + ARGV[9], ARGV[1])
if most then
  redis.call("ZADD", KEYS[11], now, ARGV[1])
  redis.call("EXPIRE", KEYS[11], ARGV[10])
end
local outbox = redis.call("XADD", KEYS[7], "*", "job_id", ARGV[1], "body", ARGV[8])
redis.call("HSET", KEYS[1], "outbox", outbox)
if KEYS[8] ~= "" then
  redis.call("SET", KEYS[8], ARGV[12] .. " " .. ARGV[1], "EX", ARGV[13])
end
return { "accepted", outbox, position }
