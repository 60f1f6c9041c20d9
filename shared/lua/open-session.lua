-- Begins a session: one sign-in on one device. The oldest ones of its user give way past the limit.
-- KEYS[1] session hash   KEYS[2] the user's sessions, zset by expiry, ms   KEYS[3] stream of revocations
-- ARGV[1] session id   [2] user id   [3] refresh jti   [4] ttl, s   [5] sessions at most   [6] session key prefix
-- ARGV[7] until when access tokens of an ended session are refused, s   [8] oldest useful revocation, ms
-- ARGV[9…] more fields of the hash, in pairs
-- Returns the ids of the sessions that gave way
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", string.format("%.0f", now))
redis.call("HSET", KEYS[1], "user", ARGV[2], "jti", ARGV[3], unpack(ARGV, 9))
redis.call("EXPIRE", KEYS[1], ARGV[4])
redis.call("ZADD", KEYS[2], string.format("%.0f", now + ARGV[4] * 1000), ARGV[1])
redis.call("EXPIRE", KEYS[2], ARGV[4]) -- this one ends last
local over = redis.call("ZCARD", KEYS[2]) - tonumber(ARGV[5])
local ended = {}
if over > 0 then ended = redis.call("ZRANGE", KEYS[2], 0, over - 1) end
for _, id in ipairs(ended) do
  redis.call("ZREM", KEYS[2], id)
  redis.call("DEL", ARGV[6] .. id)
  redis.call("XADD", KEYS[3], "MINID", "~", ARGV[8], "*", "jti", id, "exp", ARGV[7])
end
return ended
