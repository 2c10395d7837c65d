-- GET /livez, which asks nobody: what a request costs that does nothing.
dofile(os.getenv("BENCH_SCRIPTS") .. "/result.lua")

function request()
    return wrk.format("GET", "/livez")
end
