-- For wrk: wrk ... URL -- ECHO|KEYED KEYS. Its last line has name=value for each of
-- what it measured: answers, seconds, and the percentiles in nanoseconds.
local keyed, keys, count, same = false, 1, 0, nil

function init(args)
  keyed = args[1] == "KEYED"
  keys = tonumber(args[2])
  math.randomseed(42)
  same = wrk.format("GET")
end

function request()
  if not keyed then
    return same
  end
  count = count + 1
  local path = "/keys/" .. math.random(keys)
  if count % 10 == 0 then
    return wrk.format("PUT", path, nil, "value of " .. path)
  end
  return wrk.format("GET", path)
end

function done(summary, latency)
  local errors = summary.errors
  if errors.connect + errors.read + errors.write + errors.status + errors.timeout > 0 then
    print(string.format("errors: %d connect, %d read, %d write, %d status, %d timeout",
      errors.connect, errors.read, errors.write, errors.status, errors.timeout))
    os.exit(1)
  end
  local function nanos(percent) return string.format("%.0f", 1000 * latency:percentile(percent)) end
  print(string.format("answers=%d seconds=%f p50Nanos=%s p99Nanos=%s p999Nanos=%s",
    summary.requests, summary.duration / 1e6, nanos(50), nanos(99), nanos(99.9)))
end
