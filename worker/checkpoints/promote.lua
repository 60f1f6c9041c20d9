-- Brings a checkpoint back from PostgreSQL. Never takes the place of one that was written meanwhile, and queues
-- nothing: the copy is where it came from.
-- KEYS[1] checkpoint hash   KEYS[2] latest   KEYS[3] history zset   KEYS[4] namespaces set
-- ARGV[1] ttl, s   ARGV[2] encoded namespace   ARGV[3] id   ARGV[4] checkpoint JSON   ARGV[5] metadata JSON   ARGV[6] parent
-- ARGV[7] n   ARGV[8] attempt   ARGV[9] "newest" if PostgreSQL has no newer one   ARGV[10] write keys, prefix and id
-- ARGV[11…] encoded task id, place, value, in threes
-- Returns "promoted" | "known"
if redis.call("EXISTS", KEYS[1]) == 1 then
  if ARGV[9] == "newest" then redis.call("SET", KEYS[2], ARGV[3], "NX", "EX", ARGV[1]) end
  return "known"
end
redis.call("HSET", KEYS[1], "checkpoint", ARGV[4], "metadata", ARGV[5], "parent_checkpoint_id", ARGV[6],
  "n", ARGV[7], "attempt", ARGV[8])
redis.call("ZADD", KEYS[3], ARGV[7], ARGV[3])
redis.call("SADD", KEYS[4], ARGV[2])
if ARGV[9] == "newest" then redis.call("SET", KEYS[2], ARGV[3], "NX", "EX", ARGV[1]) end
for i = 11, #ARGV, 3 do
  local key = ARGV[10] .. ":" .. ARGV[i]
  redis.call("HSETNX", key, ARGV[i + 1], ARGV[i + 2])
  redis.call("SADD", ARGV[10], ARGV[i])
  redis.call("EXPIRE", key, ARGV[1])
  redis.call("EXPIRE", ARGV[10], ARGV[1])
end
for i = 1, 4 do
  if i ~= 2 then redis.call("EXPIRE", KEYS[i], ARGV[1]) end
end
return "promoted"
