-- Adds what a run of models used to the day of its user and to everybody's, and says how both stand.
-- KEYS[1] the user's day   KEYS[2] everybody's day, both counts of tokens   ARGV[1] tokens (0: only look)   ARGV[2] ttl, s
-- Returns { tokens of the user, tokens of all }
if tonumber(ARGV[1]) == 0 then
  local held = redis.call("MGET", KEYS[1], KEYS[2])
  return { tonumber(held[1] or 0), tonumber(held[2] or 0) }
end
local totals = {}
for i, key in ipairs(KEYS) do
  totals[i] = redis.call("INCRBY", key, ARGV[1])
  redis.call("EXPIRE", key, ARGV[2])
end
return totals
