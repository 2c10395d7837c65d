-- commands:batch of 100 CreateTask, by turns over all projects. Needs BENCH_TARGETS as command.lua does.
dofile(os.getenv("BENCH_SCRIPTS") .. "/result.lua")

local BATCH = 100
local requests_made, at = {}, 0

function init(arguments)
    for line in io.lines(os.getenv("BENCH_TARGETS")) do
        local token, project = line:match("^(%S+) (%S+)")
        local form = '{"type":"prj.CreateTask","data":{"project_id":"' .. project ..
            '","title":"Bench task with a title of usual length","priority":"medium"}}'
        local body = '{"commands":[' .. string.rep(form, BATCH, ",") .. "]}"
        local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
        requests_made[#requests_made + 1] = wrk.format("POST", "/api/v1/commands:batch", headers, body)
    end
end

function request()
    at = at + 1
    return requests_made[at % #requests_made + 1]
end
