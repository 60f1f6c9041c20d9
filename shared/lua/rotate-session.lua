-- Trades a refresh token for the next one. A token traded before is answered with what it was traded for during the
-- grace, because two tabs ask at once; afterwards somebody holds a copy, and every session of the user ends.
-- KEYS[1] session hash   KEYS[2] the user's sessions, zset   KEYS[3] stream of revocations   KEYS[4] grace record
-- ARGV[1] session id   [2] user id   [3] the jti it brings   [4] next refresh jti   [5] next access jti
-- ARGV[6] issued at, s   [7] ttl, s   [8] grace, ms   [9] session key prefix
-- ARGV[10] until when access tokens of an ended session are refused, s   [11] oldest useful revocation, ms
-- Returns {"rotated"} | {"grace", refresh jti, access jti, issued at} | {"reused", session ids…} | {"gone"}
local held = redis.call("HMGET", KEYS[1], "jti", "user")
if not held[1] or held[2] ~= ARGV[2] then return { "gone" } end
if held[1] == ARGV[3] then
  local time = redis.call("TIME")
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call("HSET", KEYS[1], "jti", ARGV[4], "issued_at", ARGV[6])
  redis.call("EXPIRE", KEYS[1], ARGV[7])
  redis.call("ZADD", KEYS[2], string.format("%.0f", now + ARGV[7] * 1000), ARGV[1])
  redis.call("EXPIRE", KEYS[2], ARGV[7])
  redis.call("SET", KEYS[4], ARGV[4] .. " " .. ARGV[5] .. " " .. ARGV[6], "PX", ARGV[8])
  return { "rotated" }
end
local grace = redis.call("GET", KEYS[4])
if grace then
  local jti, access, at = string.match(grace, "^(%S+) (%S+) (%S+)$")
  return { "grace", jti, access, at }
end
local ended = redis.call("ZRANGE", KEYS[2], 0, -1)
ended[#ended + 1] = ARGV[1] -- whatever the list says
for _, id in ipairs(ended) do
  redis.call("DEL", ARGV[9] .. id)
  redis.call("XADD", KEYS[3], "MINID", "~", ARGV[11], "*", "jti", id, "exp", ARGV[10])
end
redis.call("DEL", KEYS[2])
table.insert(ended, 1, "reused")
return ended
