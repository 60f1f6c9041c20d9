-- After a batch was published: marks per job how far, keeps its latest stage, acknowledges. All or
-- nothing, so a crash before it publishes again (readers drop what they have), never less.
-- KEYS[1] shard stream   then per job: published watermark, state
-- ARGV[1] group   ARGV[2] number of entry ids   ARGV[3…] entry ids to acknowledge
-- then per job: last id published, watermark ttl in s, id of the latest stage event or "", its JSON, ttl in s
-- Returns the number of acknowledged entries.
-- A store that is out of memory refuses marks and states but must be able to acknowledge, or nothing could ever
-- be trimmed: a lost mark costs a repeated hint, and the ending's state is written by append.lua.
local function keep(key, value, ttl)
  local answer = redis.pcall("SET", key, value, "EX", ttl)
  if type(answer) == "table" and answer.err and not string.find(answer.err, "OOM", 1, true) then error(answer.err) end
end
local function above(a, b) -- is entry id a above b
  local a1, a2 = string.match(a, "^(%d+)-(%d+)$")
  local b1, b2 = string.match(b, "^(%d+)-(%d+)$")
  if not a1 or not b1 then return a1 ~= nil end
  a1, b1 = tonumber(a1), tonumber(b1)
  return a1 > b1 or (a1 == b1 and tonumber(a2) > tonumber(b2))
end
local count = tonumber(ARGV[2])
local at = 3 + count
for k = 2, #KEYS, 2 do
  local id, ttl, state_id, state, state_ttl = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  at = at + 5
  local known = redis.call("GET", KEYS[k])
  if not known or above(id, known) then keep(KEYS[k], id, ttl) end
  if state_id ~= "" then
    local held = redis.call("GET", KEYS[k + 1])
    local held_id = held and string.match(held, '"stream_id":"(%d+%-%d+)"')
    local terminal = held and string.find(held, '"stage":"done"', 1, true)
    if not terminal and (not held_id or above(state_id, held_id)) then
      keep(KEYS[k + 1], state, state_ttl)
    end
  end
end
local acked = 0
for i = 3, 2 + count, 500 do -- unpack has a limit
  acked = acked + redis.call("XACK", KEYS[1], ARGV[1], unpack(ARGV, i, math.min(i + 499, 2 + count)))
end
return acked
