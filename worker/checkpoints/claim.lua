-- Makes an attempt the only writer of a thread, if the fence is still as it was when the attempt proved alive.
-- KEYS[1] fence   ARGV[1] own token   ARGV[2] token seen before, "" for none   ARGV[3] ttl, s
-- Returns {"claimed"} | {"held"} | {"other", token that is there, "" for none}
local there = redis.call("GET", KEYS[1]) or ""
if there == ARGV[1] then
  redis.call("EXPIRE", KEYS[1], ARGV[3])
  return { "held" }
end
if there ~= ARGV[2] then return { "other", there } end
redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[3])
return { "claimed" }
