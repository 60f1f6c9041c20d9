-- Adds an entry to a room's stream; what a job says, once, and not after a later run of the room has spoken.
-- KEYS[1] stream    KEYS[2] meta, hash: fence    KEYS[3] members    KEYS[4] mark of the job, or ""
-- ARGV[1] participant   ARGV[2] body, JSON   ARGV[3] entries kept   ARGV[4] ttl, seconds
-- ARGV[5] ttl of the mark, seconds           ARGV[6] fence of the job, or ""
-- Returns { "added" | "known" | "stale", id, llm_mode or "" }; the id of a mark without an entry is "-"
if KEYS[4] ~= "" then
  local known = redis.call("GET", KEYS[4])
  if known then return { "known", known } end
end
if ARGV[6] ~= "" then
  local fence = redis.call("HGET", KEYS[2], "fence")
  if fence and tonumber(fence) > tonumber(ARGV[6]) then return { "stale", "-" } end
  redis.call("HSET", KEYS[2], "fence", ARGV[6])
end
local id = "-"
if ARGV[2] ~= "" then
  id = redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[3], "*", "participant", ARGV[1], "body", ARGV[2])
  redis.call("EXPIRE", KEYS[1], ARGV[4])
  redis.call("EXPIRE", KEYS[3], ARGV[4])
end
redis.call("EXPIRE", KEYS[2], ARGV[4])
if KEYS[4] ~= "" then redis.call("SET", KEYS[4], id, "EX", ARGV[5]) end
return { "added", id, redis.call("HGET", KEYS[2], "llm_mode") or "" }
