-- Drops what this store holds of a thread; what was queued for the copy is skipped when its turn comes.
-- KEYS[1] namespaces set   KEYS[2] fence   ARGV[1] key prefix "cp:"   ARGV[2] encoded thread   ARGV[3] "fence" to drop that too
-- Returns how many checkpoints went
local gone = 0
for _, ns in ipairs(redis.call("SMEMBERS", KEYS[1])) do
  local tail = ARGV[2] .. ":" .. ns
  local history = ARGV[1] .. "history:" .. tail
  for _, id in ipairs(redis.call("ZRANGE", history, 0, -1)) do
    local writes = ARGV[1] .. "writes:" .. tail .. ":" .. id
    for _, task in ipairs(redis.call("SMEMBERS", writes)) do redis.call("DEL", writes .. ":" .. task) end
    redis.call("DEL", ARGV[1] .. tail .. ":" .. id, writes)
    gone = gone + 1
  end
  redis.call("DEL", history, ARGV[1] .. "latest:" .. tail)
end
redis.call("DEL", KEYS[1])
if ARGV[3] == "fence" then redis.call("DEL", KEYS[2]) end
return gone
