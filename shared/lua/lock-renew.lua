-- Keeps a lock, if it is still the caller's.   KEYS[1] lock   ARGV[1] token   ARGV[2] ttl, ms   Returns 1 | 0
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])
