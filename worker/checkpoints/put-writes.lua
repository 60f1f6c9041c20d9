-- Stores what one task wrote before its checkpoint was complete. A repeated write changes nothing; the special
-- ones (error, interrupt; negative places) replace each other.
-- KEYS[1] fence   KEYS[2] tasks of the checkpoint, set   KEYS[3] writes of this task, hash   KEYS[4] sync queue
-- ARGV[1] token, "" for a writer without a claim   ARGV[2] ttl, s   ARGV[3] thread   ARGV[4] namespace
-- ARGV[5] checkpoint id   ARGV[6] encoded task id   ARGV[7] unique mark of this call
-- ARGV[8…] place, value JSON, in pairs
-- Returns {"put"} | {"stale"} | {"unclaimed"}
local fence = redis.call("GET", KEYS[1])
if ARGV[1] ~= "" and not fence then return { "unclaimed" } end
if (fence or "") ~= ARGV[1] then return { "stale" } end
for i = 8, #ARGV, 2 do
  redis.call(tonumber(ARGV[i]) < 0 and "HSET" or "HSETNX", KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call("SADD", KEYS[2], ARGV[6])
redis.call("EXPIRE", KEYS[2], ARGV[2])
redis.call("EXPIRE", KEYS[3], ARGV[2])
redis.call("LPUSH", KEYS[4], cjson.encode({
  thread_id = ARGV[3], checkpoint_ns = ARGV[4], checkpoint_id = ARGV[5], n = ARGV[7],
}))
return { "put" }
