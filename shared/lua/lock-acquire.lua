-- Takes a lock that nobody holds and gives its holder a fence: a number above every one given before.
-- KEYS[1] lock   KEYS[2] fence   ARGV[1] token   ARGV[2] ttl, ms   ARGV[3] ttl of the fence, s
-- Returns the fence, or 0 when somebody else holds the lock
local holder = redis.call("GET", KEYS[1])
if holder == ARGV[1] then return tonumber(redis.call("GET", KEYS[2]) or 0) end -- a repeated call of a lost connection
if holder then return 0 end
-- not lower than the clock (us): a fence the store lost, or that expired, goes on above what was given
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local fence = math.max(tonumber(redis.call("GET", KEYS[2]) or 0) + 1, now)
redis.call("SET", KEYS[2], string.format("%.0f", fence), "EX", ARGV[3])
redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2])
return fence
