-- Takes or keeps one of a few places, each for as long as it is renewed.
-- KEYS[1] zset of holders, score = until when, ms   ARGV[1] holder   ARGV[2] lease, ms   ARGV[3] places
-- Returns "held" | "full"
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", string.format("%.0f", now))
if not redis.call("ZSCORE", KEYS[1], ARGV[1]) and redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[3]) then
  return "full"
end
redis.call("ZADD", KEYS[1], string.format("%.0f", now + ARGV[2]), ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2])
return "held"
