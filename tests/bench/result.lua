-- What every load prints at its end. Loaded by the others; BENCH_SCRIPTS names the folder.
function done(summary, latency, requests)
    io.write(string.format(
        'RESULT {"requests":%d,"us":%d,"refused":%d,"lost":%d,"p50_us":%d,"p99_us":%d}\n',
        summary.requests, summary.duration, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
