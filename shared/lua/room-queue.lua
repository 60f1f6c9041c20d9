-- Puts an invocation behind those that wait in its room.
-- KEYS[1] list   ARGV[1] invocation, JSON   ARGV[2] places   ARGV[3] ttl, seconds
-- Returns its place, from 1; 0 when there is none
local length = redis.call("LLEN", KEYS[1])
if length >= tonumber(ARGV[2]) then return 0 end
redis.call("RPUSH", KEYS[1], ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[3])
return length + 1
