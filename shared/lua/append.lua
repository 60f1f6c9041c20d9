-- Appends batches, one per job: each to its job's log and its shard stream in one step, if the attempt still owns the job.
-- The batch that ends a job flips its status here: of cancel, timeout and done the first wins.
-- KEYS per job: job hash, log, shard stream; with a snapshot or an ending also the snapshot; with an ending also
--      state, turns list, deadlines zset, published watermark
-- ARGV[1] lease, ms  [2] max shard entries  [3] ended log ttl, s  [4] ended ttl, s  [5] most entries of a memory
-- ARGV per job: attempt, n of the first entry, job id, ending ("" | completed | failed | cancelled), last token seq after
--      the batch, progress after it, snapshot JSON or "", the turn an assistant remembers: what was asked, what was
--      answered ("" for none; both only with an ending), number of entries, then entries: event, data, internal ("" for none)
-- A job that came with a lock gives it back with its end; under a lock that somebody else got since, or in
-- a session that is not its user's any more, it cannot complete.
-- Returns per job "appended" | "stale" (another attempt owns the job, or a store lost entries) | "ended" | "full" |
--      "unlocked" | "error …" (nothing was appended, or not all: to be tried again; the other jobs have nothing to do with it)
local time = redis.call("TIME")
local lease_until = string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1])
local max_entries, log_ttl, ended_ttl, most = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local lengths = {} -- of the shards, once asked for

local function append(k, a, at, count)
  local key, log, shard = KEYS[k], KEYS[k + 1], KEYS[k + 2]
  local job = redis.call("HMGET", key, "status", "attempt", "n")
  local status, attempt, n = job[1], job[2], tonumber(job[3])
  if not status then return "stale" end
  local first, job_id, ending, snapshot = tonumber(ARGV[a + 1]), ARGV[a + 2], ARGV[a + 3], ARGV[a + 6]
  local is_end = ending ~= ""
  if attempt == ARGV[a] and n >= first + count - 1 then return "appended" end -- a retry of what is there
  if status == "completed" or status == "failed" or status == "cancelled" then return "ended" end
  if attempt ~= ARGV[a] or n ~= first - 1 then return "stale" end
  if not lengths[shard] then lengths[shard] = redis.call("XLEN", shard) end
  if not is_end and lengths[shard] >= max_entries then return "full" end
  local held, is_fenced = {}, false
  if is_end then
    held = redis.call("HMGET", key, "lock", "lock_token", "lock_fence", "fence", "memory", "memory_owner", "memory_ttl",
      "user_id")
    is_fenced = held[1] and tonumber(redis.call("GET", held[3]) or 0) > tonumber(held[4])
    if held[5] and redis.call("GET", held[6]) ~= held[8] then is_fenced = true end -- deleted, perhaps another's by now
    if is_fenced and ending == "completed" then return "unlocked" end
  end

  for i = 0, count - 1 do
    local event, data, internal = ARGV[at + i * 3], ARGV[at + i * 3 + 1], ARGV[at + i * 3 + 2]
    local id = attempt .. "-" .. string.format("%.0f", first + i)
    redis.call("XADD", log, id, "event", event, "data", data)
    if internal == "" then
      redis.call("XADD", shard, "*", "job_id", job_id, "id", id, "event", event, "data", data)
    else
      redis.call("XADD", shard, "*", "job_id", job_id, "id", id, "event", event, "data", data, "internal", internal)
    end
  end
  lengths[shard] = lengths[shard] + count
  if snapshot ~= "" then redis.call("SET", KEYS[k + 3], snapshot, "EX", ended_ttl) end

  local last = string.format("%.0f", first + count - 1)
  if not is_end then
    redis.call("HSET", key, "n", last, "last_seq", ARGV[a + 4], "progress", ARGV[a + 5], "lease_until", lease_until)
    return "appended"
  end
  redis.call("HSET", key, "n", last, "last_seq", ARGV[a + 4], "progress", ARGV[a + 5], "status", ending)
  redis.call("EXPIRE", key, ended_ttl)
  redis.call("EXPIRE", log, log_ttl)
  redis.call("EXPIRE", KEYS[k + 3], log_ttl)
  redis.call("EXPIRE", KEYS[k + 7], log_ttl)
  -- the ending outlives the log, and is there even when no router is
  redis.call("SET", KEYS[k + 4], ARGV[at + count * 3 - 2], "EX", ended_ttl)
  redis.call("LREM", KEYS[k + 5], 0, job_id)
  redis.call("ZREM", KEYS[k + 6], job_id)
  local asked, answered = ARGV[a + 7], ARGV[a + 8]
  if held[5] and answered ~= "" and not is_fenced then
    redis.call("LPUSH", held[5], asked, answered)
    redis.call("LTRIM", held[5], 0, most - 1)
    if held[7] ~= "0" then
      redis.call("EXPIRE", held[5], held[7])
      redis.call("EXPIRE", held[6], held[7])
    end
  end
  if held[1] and redis.call("GET", held[1]) == held[2] then redis.call("DEL", held[1]) end
  return "appended"
end

local words, k, a = {}, 1, 6
while k <= #KEYS do
  local is_end = ARGV[a + 3] ~= ""
  local at = a + (is_end and 10 or 8) -- of the first entry
  local count = tonumber(ARGV[at - 1])
  local is_done, word = pcall(append, k, a, at, count)
  if not is_done then word = "error " .. (type(word) == "table" and word.err or tostring(word)) end
  words[#words + 1] = word
  k = k + (is_end and 8 or (ARGV[a + 6] ~= "" and 4 or 3))
  a = at + count * 3
end
return words
