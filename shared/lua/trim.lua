-- Drops the entries of a shard that every group has acknowledged; never one that is still wanted.
-- KEYS[1] shard stream   KEYS[2] how many entries were ever dropped   ARGV names of the groups that must exist
-- Returns {"trimmed", how many, entries left, how many somebody else removed} | {"missing", group}
local wanted = {}
for i = 1, #ARGV do wanted[ARGV[i]] = true end
if redis.call("EXISTS", KEYS[1]) == 0 then return { "missing", ARGV[1] } end
local function above(a, b)
  local a1, a2 = string.match(a, "^(%d+)-(%d+)$")
  local b1, b2 = string.match(b, "^(%d+)-(%d+)$")
  a1, b1 = tonumber(a1), tonumber(b1)
  return a1 > b1 or (a1 == b1 and tonumber(a2) > tonumber(b2))
end
local lowest
for _, raw in ipairs(redis.call("XINFO", "GROUPS", KEYS[1])) do
  local group = {}
  for i = 1, #raw, 2 do group[raw[i]] = raw[i + 1] end
  wanted[group["name"]] = nil
  local id = group["last-delivered-id"]
  if group["pending"] > 0 then id = redis.call("XPENDING", KEYS[1], group["name"])[2] end
  if not lowest or above(lowest, id) then lowest = id end
end
for group in pairs(wanted) do return { "missing", group } end
-- what is gone and was not dropped here: a group that had not read it would never notice
local info, stream = redis.call("XINFO", "STREAM", KEYS[1]), {}
for i = 1, #info, 2 do stream[info[i]] = info[i + 1] end
local gone = stream["entries-added"] - stream["length"]
local foreign = math.max(0, gone - tonumber(redis.call("GET", KEYS[2]) or gone))
local trimmed = redis.call("XTRIM", KEYS[1], "MINID", lowest)
redis.call("SET", KEYS[2], string.format("%.0f", gone + trimmed))
return { "trimmed", trimmed, stream["length"] - trimmed, foreign }
