-- Reads a checkpoint with the writes that wait on it.
-- KEYS[1] latest   ARGV[1] id, "" for the newest   ARGV[2] prefix of checkpoint keys   ARGV[3] prefix of write keys
-- Returns {} when it is not here, else
-- {id, checkpoint, metadata, parent, n, attempt, [encoded task id, {place, value, …}]…}
local id = ARGV[1]
if id == "" then id = redis.call("GET", KEYS[1]) or "" end
if id == "" then return {} end
local found = redis.call("HMGET", ARGV[2] .. id, "checkpoint", "metadata", "parent_checkpoint_id", "n", "attempt")
if not found[1] then return {} end
local reply = { id, found[1], found[2], found[3], found[4], found[5] }
for _, task in ipairs(redis.call("SMEMBERS", ARGV[3] .. id)) do
  reply[#reply + 1] = task
  reply[#reply + 1] = redis.call("HGETALL", ARGV[3] .. id .. ":" .. task)
end
return reply
