-- 50 tasks of a project, one priority, the latest first. Needs BENCH_TARGETS as command.lua does.
dofile(os.getenv("BENCH_SCRIPTS") .. "/result.lua")

local requests_made, at = {}, 0

function init(arguments)
    for line in io.lines(os.getenv("BENCH_TARGETS")) do
        local token, project = line:match("^(%S+) (%S+)")
        requests_made[#requests_made + 1] = wrk.format(
            "GET", "/api/v1/tasks?project=" .. project .. "&priority=high&sort=updated:desc&limit=50",
            { ["Authorization"] = "Bearer " .. token })
    end
end

function request()
    at = at + 1
    return requests_made[at % #requests_made + 1]
end
