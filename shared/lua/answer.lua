-- The person answers. The first valid answer before the deadline wins.
-- KEYS[1] job hash   KEYS[2] input hash
-- ARGV[1] request id or "" for whatever is asked   ARGV[2] type   ARGV[3] answer JSON
-- Returns {"received", worker} | {"not-waiting"} | {"wrong-type", type asked for} | {"ended"}
local job = redis.call("HMGET", KEYS[1], "status", "worker")
if not job[1] then return { "not-waiting" } end
if job[1] == "completed" or job[1] == "failed" or job[1] == "cancelled" then return { "ended" } end
local held = redis.call("HMGET", KEYS[2], "request_id", "type", "state", "deadline")
if not held[1] or held[3] ~= "pending" then return { "not-waiting" } end
if ARGV[1] ~= "" and ARGV[1] ~= held[1] then return { "not-waiting" } end
local time = redis.call("TIME")
if tonumber(held[4]) <= time[1] * 1000 + math.floor(time[2] / 1000) then return { "not-waiting" } end
if ARGV[2] ~= held[2] and ARGV[2] ~= "cancel" then return { "wrong-type", held[2] } end
redis.call("HSET", KEYS[2], "state", "answered", "answer", ARGV[3])
return { "received", job[2] or "" }
