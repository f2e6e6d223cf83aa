-- What wrk sends: PSOP_KIND is `file` (the bytes of PSOP_FILE again and again), `event` or `look-up` (a message of its
-- own each time, about one of the purchasing powers of PSOP_GRANTS: a line `NUMBER PERSON` each). PSOP_FILE may be several
-- files, each with how often it is taken: `30 small.xml,60 middle.xml,9 large.xml`. Where PSOP_PACE_MS is set, a connection
-- waits so long before it sends again, half as long or half as long again.
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

-- The texts of the files, each as many times as it is to be taken.
local function texts(files)
   local all = {}
   for file in files:gmatch("[^,]+") do
      local times, path = file:match("^(%d+) (.*)$")
      local text = read(path or file)
      for _ = 1, times or 1 do all[#all + 1] = text end
   end
   return all
end

function init(args)
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "text/xml; charset=utf-8"
   math.randomseed(thread_id * 7919 + os.time())
   messages = texts(os.getenv("PSOP_FILE"))
   if kind == "file" then
      for place, text in ipairs(messages) do messages[place] = wrk.format(nil, "/xroad", nil, text) end
      return
   end
   numbers, people = {}, {}
   for line in io.lines(os.getenv("PSOP_GRANTS")) do
      local number, person = line:match("(%S+) (%S+)")
      numbers[#numbers + 1], people[#people + 1] = number, person
   end
   local marks = kind == "event" and { "@ID@", "@REFERENCE@", "@NUMBER@", "@PERSON@" } or { "@ID@", "@NUMBER@" }
   for place, text in ipairs(messages) do messages[place] = split(text, marks) end
   sent = 0
end

if pace_ms then
   function delay()
      return math.floor(pace_ms * (0.5 + math.random()))
   end
end

function request()
   local parts = messages[#messages == 1 and 1 or math.random(#messages)]
   if kind == "file" then return parts end
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
