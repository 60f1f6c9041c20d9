-- Takes or keeps a lease on a shard or a duty.
-- KEYS[1] lease   ARGV[1] holder   ARGV[2] ms   ARGV[3] "release" to give it up
-- Returns "held" | "taken" | "other" | "released"
local holder = redis.call("GET", KEYS[1])
if ARGV[3] == "release" then
  if holder == ARGV[1] then redis.call("DEL", KEYS[1]) end
  return "released"
end
if holder and holder ~= ARGV[1] then return "other" end
if holder then
  redis.call("PEXPIRE", KEYS[1], ARGV[2]) -- not SET: a store that is out of memory still renews
  return "held"
end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return "taken"
