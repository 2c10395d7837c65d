-- GET of single tasks, at random. Needs BENCH_TARGETS as command.lua does.
local requests_made = {}

function init(arguments)
    math.randomseed(tonumber(arguments[1] or 1))
    for line in io.lines(os.getenv("BENCH_TARGETS")) do
        local token, _, _, tasks = line:match("^(%S+) (%S+) (%S+) (%S+)$")
        for task in tasks:gmatch("[^,]+") do
            requests_made[#requests_made + 1] = wrk.format(
                "GET", "/api/v1/tasks/" .. task, { ["Authorization"] = "Bearer " .. token })
        end
    end
end

function request()
    return requests_made[math.random(#requests_made)]
end

function done(summary, latency, requests)
    io.write(string.format(
        'RESULT {"requests":%d,"us":%d,"refused":%d,"lost":%d,"p50_us":%d,"p99_us":%d}\n',
        summary.requests, summary.duration, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
