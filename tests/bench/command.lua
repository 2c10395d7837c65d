-- CreateTask and MoveTask, six to four, by turns over all projects. Needs BENCH_TARGETS: a file of lines
-- "TOKEN PROJECT COLUMN,COLUMN,... TASK,TASK,...".
dofile(os.getenv("BENCH_SCRIPTS") .. "/result.lua")

local targets, at = {}, 0
-- As the tasks made in bulk: a list of one priority has as many others to pass over, however many commands ran.
local priorities = { "urgent", "high", "medium", "low", "none" }

local function split(text)
    local parts = {}
    for part in text:gmatch("[^,]+") do parts[#parts + 1] = part end
    return parts
end

function init(arguments)
    math.randomseed(tonumber(arguments[1] or 1))
    for line in io.lines(os.getenv("BENCH_TARGETS")) do
        local token, project, columns, tasks = line:match("^(%S+) (%S+) (%S+) (%S+)$")
        targets[#targets + 1] = {
            headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" },
            create = "/api/v1/projects/" .. project .. "/tasks",
            columns = split(columns),
            tasks = split(tasks),
        }
    end
end

function request()
    at = at + 1
    local target = targets[at % #targets + 1]
    if at % 10 < 6 then
        local body = '{"title":"Bench task ' .. at .. ' with a title of usual length","priority":"' ..
            priorities[math.random(#priorities)] .. '"}'
        return wrk.format("POST", target.create, target.headers, body)
    end
    local task = target.tasks[math.random(#target.tasks)]
    local body = '{"column":"' .. target.columns[math.random(#target.columns)] .. '"}'
    return wrk.format("POST", "/api/v1/tasks/" .. task .. "/move", target.headers, body)
end
