-- Keeps the summary of a session, unless somebody else has the session by now (or it was deleted).
-- KEYS[1] summary   KEYS[2] fence   ARGV[1] own fence   ARGV[2] summary JSON   ARGV[3] ttl, s, or 0
-- Returns "kept" | "stale"
if tonumber(redis.call("GET", KEYS[2]) or 0) > tonumber(ARGV[1]) then return "stale" end
redis.call("SET", KEYS[1], ARGV[2])
if ARGV[3] ~= "0" then redis.call("EXPIRE", KEYS[1], ARGV[3]) end
return "kept"
