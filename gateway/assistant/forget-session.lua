-- Forgets a session, unless it became another user's meanwhile. Its fence goes up: a turn that runs there can write
-- nothing any more.
-- KEYS[1] memory   KEYS[2] owner   KEYS[3] summary   KEYS[4] lock   KEYS[5] fence   ARGV[1] user
-- Returns "forgotten" | "foreign"
local owner = redis.call("GET", KEYS[2])
if owner and owner ~= ARGV[1] then return "foreign" end
redis.call("DEL", KEYS[1], KEYS[2], KEYS[3], KEYS[4])
if redis.call("EXISTS", KEYS[5]) == 1 then redis.call("INCR", KEYS[5]) end
return "forgotten"
