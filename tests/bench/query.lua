-- GET of single tasks, at random. Needs BENCH_TARGETS as command.lua does.
dofile(os.getenv("BENCH_SCRIPTS") .. "/result.lua")

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
