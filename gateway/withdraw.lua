-- Takes back a job whose acceptance the client was never told of, if nobody else has heard of it.
-- KEYS[1] job hash   KEYS[2] log   KEYS[3] turns list   KEYS[4] recent zset   KEYS[5] deadlines zset
-- KEYS[6] outbox stream   KEYS[7] state   KEYS[8] idempotency (or "")
-- ARGV[1] job id
-- Returns "withdrawn" | "absent" (never accepted, or withdrawn before) | "published" (the outbox was drained)
local outbox = redis.call("HGET", KEYS[1], "outbox")
if not outbox then return "absent" end
if redis.call("XDEL", KEYS[6], outbox) == 0 then return "published" end
redis.call("DEL", KEYS[1], KEYS[2], KEYS[7])
redis.call("LREM", KEYS[3], 0, ARGV[1])
redis.call("ZREM", KEYS[4], ARGV[1])
redis.call("ZREM", KEYS[5], ARGV[1])
if KEYS[8] ~= "" then
  local known = redis.call("GET", KEYS[8])
  if known and string.sub(known, -#ARGV[1]) == ARGV[1] then redis.call("DEL", KEYS[8]) end
end
return "withdrawn"
