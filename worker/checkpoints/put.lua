-- Stores a checkpoint as the newest of its thread and namespace, and queues its copy, in one step.
-- KEYS[1] fence   KEYS[2] checkpoint hash   KEYS[3] latest   KEYS[4] history zset   KEYS[5] namespaces set
-- KEYS[6] sync queue
-- ARGV[1] token of the writer, "" for one without a claim   ARGV[2] its attempt   ARGV[3] least n before
-- ARGV[4] ttl, s   ARGV[5] checkpoints kept   ARGV[6] prefix of checkpoint keys   ARGV[7] prefix of write keys
-- ARGV[8] thread   ARGV[9] namespace   ARGV[10] id   ARGV[11] checkpoint JSON   ARGV[12] metadata JSON
-- ARGV[13] parent id or ""   ARGV[14] encoded namespace
-- Returns {"put", n} | {"stale"} (another attempt has the thread) | {"unclaimed"} (the fence is gone)
local fence = redis.call("GET", KEYS[1])
if ARGV[1] ~= "" and not fence then return { "unclaimed" } end
if (fence or "") ~= ARGV[1] then return { "stale" } end

local latest = redis.call("GET", KEYS[3])
local before = latest and redis.call("HGET", ARGV[6] .. latest, "n") or "0"
local n = math.max(tonumber(before or "0"), tonumber(ARGV[3])) + 1
redis.call("HSET", KEYS[2], "checkpoint", ARGV[11], "metadata", ARGV[12], "parent_checkpoint_id", ARGV[13],
  "n", n, "attempt", ARGV[2])
redis.call("SET", KEYS[3], ARGV[10], "EX", ARGV[4])
redis.call("ZADD", KEYS[4], n, ARGV[10])
redis.call("SADD", KEYS[5], ARGV[14])
for _, key in ipairs({ KEYS[1], KEYS[2], KEYS[4], KEYS[5] }) do redis.call("EXPIRE", key, ARGV[4]) end

for _, old in ipairs(redis.call("ZRANGE", KEYS[4], 0, -(tonumber(ARGV[5]) + 1))) do
  for _, task in ipairs(redis.call("SMEMBERS", ARGV[7] .. old)) do
    redis.call("DEL", ARGV[7] .. old .. ":" .. task)
  end
  redis.call("DEL", ARGV[6] .. old, ARGV[7] .. old)
  redis.call("ZREM", KEYS[4], old)
end
redis.call("LPUSH", KEYS[6], cjson.encode({
  thread_id = ARGV[8], checkpoint_ns = ARGV[9], checkpoint_id = ARGV[10], n = string.format("%.0f", n),
}))
return { "put", n }
