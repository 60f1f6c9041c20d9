-- Ends one session of a user, or all of them.
-- KEYS[1] the user's sessions, zset   KEYS[2] stream of revocations
-- ARGV[1] session id, "" for all   [2] session key prefix
-- ARGV[3] until when access tokens of an ended session are refused, s   [4] oldest useful revocation, ms
-- Returns the ids of the sessions that ended
local ended = ARGV[1] == "" and redis.call("ZRANGE", KEYS[1], 0, -1) or { ARGV[1] }
for _, id in ipairs(ended) do
  redis.call("ZREM", KEYS[1], id)
  redis.call("DEL", ARGV[2] .. id)
  redis.call("XADD", KEYS[2], "MINID", "~", ARGV[4], "*", "jti", id, "exp", ARGV[3])
end
return ended
