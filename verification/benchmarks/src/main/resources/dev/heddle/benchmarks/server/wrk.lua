-- For wrk: wrk ... URL -- ECHO|KEYED KEYS. Prints "answers p50 p99 p99.9", times in nanoseconds, as the last line.
local keyed, keys, count = false, 1, 0

function init(args)
  keyed = args[1] == "KEYED"
  keys = tonumber(args[2])
  math.randomseed(42)
end

function request()
  if not keyed then
    return wrk.format("GET")
  end
  count = count + 1
  local path = "/keys/" .. math.random(keys)
  if count % 10 == 0 then
    return wrk.format("PUT", path, nil, "value of " .. path)
  end
  return wrk.format("GET", path)
end

function done(summary, latency)
  local function nanos(percent) return string.format("%.0f", 1000 * latency:percentile(percent)) end
  print(string.format("%d %s %s %s", summary.requests, nanos(50), nanos(99), nanos(99.9)))
end
