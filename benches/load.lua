-- What wrk sends: PSOP_KIND is `file` (the bytes of PSOP_FILE again and again), `event` or `look-up` (a message of its
-- own each time, about one of the purchasing powers of PSOP_GRANTS: a line `NUMBER PERSON` each). Where PSOP_PACE_MS is
-- set, a connection waits so long before it sends again, half as long or half as long again.
local kind = os.getenv("PSOP_KIND")
local run = os.getenv("PSOP_RUN")
local pace_ms = tonumber(os.getenv("PSOP_PACE_MS") or "")
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("thread_id", threads)
end

local function read(path)
   local file = assert(io.open(path, "rb"))
   local text = file:read("*a")
   file:close()
   return text
end

local function split(text, marks)
   -- The text around the marks, in the order in which they are given.
   local parts = {}
   for _, mark in ipairs(marks) do
      local from, to = text:find(mark, 1, true)
      parts[#parts + 1] = text:sub(1, from - 1)
      text = text:sub(to + 1)
   end
   parts[#parts + 1] = text
   return parts
end

function init(args)
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "text/xml; charset=utf-8"
   if kind == "file" then
      wrk.body = read(os.getenv("PSOP_FILE"))
      whole = wrk.format(nil, "/xroad")
      return
   end
   numbers, people = {}, {}
   for line in io.lines(os.getenv("PSOP_GRANTS")) do
      local number, person = line:match("(%S+) (%S+)")
      numbers[#numbers + 1], people[#people + 1] = number, person
   end
   local marks = kind == "event" and { "@ID@", "@REFERENCE@", "@NUMBER@", "@PERSON@" } or { "@ID@", "@NUMBER@" }
   parts = split(read(os.getenv("PSOP_FILE")), marks)
   sent = 0
   math.randomseed(thread_id * 7919 + os.time())
end

if pace_ms then
   function delay()
      return math.floor(pace_ms * (0.5 + math.random()))
   end
end

function request()
   if whole then return whole end
   sent = sent + 1
   local id = run .. "-" .. thread_id .. "-" .. sent
   local one = math.random(#numbers)
   local body
   if kind == "event" then
      body = parts[1] .. id .. parts[2] .. id .. parts[3] .. numbers[one] .. parts[4] .. people[one] .. parts[5]
   else
      body = parts[1] .. id .. parts[2] .. numbers[one] .. parts[3]
   end
   return wrk.format(nil, "/xroad", nil, body)
end

function done(summary, latency, requests)
   local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout
   io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, errors,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
