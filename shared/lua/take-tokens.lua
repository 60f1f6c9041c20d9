-- Takes one token from every bucket, or none from any.
-- KEYS buckets, hashes: t (tokens), at (ms)   ARGV in pairs: capacity, tokens per second
-- Returns { 1 | 0, then for each bucket: whole tokens left, ms until the next one (0: there is one) }
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tokens, allowed = {}, 1
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]) / 1000
  local held = redis.call("HMGET", key, "t", "at")
  local past = math.max(0, now - tonumber(held[2] or now)) -- a store whose clock went back gives nothing, takes nothing
  tokens[i] = math.min(capacity, tonumber(held[1] or capacity) + past * rate)
  if tokens[i] < 1 then allowed = 0 end
end
local reply = { allowed }
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]) / 1000
  local left = tokens[i] - allowed
  redis.call("HSET", key, "t", string.format("%.4f", left), "at", string.format("%.0f", now))
  redis.call("PEXPIRE", key, math.ceil(capacity / rate))
  reply[#reply + 1] = math.floor(left)
  reply[#reply + 1] = left >= 1 and 0 or math.ceil((1 - left) / rate)
end
return reply
