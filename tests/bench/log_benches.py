"""What is done with the log as a whole: publish it, fold it, verify it."""

import concurrent.futures
import datetime
import os
import pathlib
import re
import time

from command_benches import BATCH_CONNECTIONS, need_rate
from instance import BenchError, run
from measure import figure, report, wrk

EVENTS = 1_000_000
EVENTS_QUICK = 100_000
FILL_S = 10
PROJECTION, TABLE = "projects.task", "prj.task"
REPETITIONS = 3


def fill(state):
    """Real events, by commands:batch; how many the log has then."""
    wanted = EVENTS_QUICK if state.quick else EVENTS
    while state.instance.events() < wanted:
        wrk(state, "batch.lua", min(FILL_S, 1 + wanted // 50_000), 1, connections=BATCH_CONNECTIONS)
    state.instance.catch_up()
    return state.instance.events()


def line_bytes(state):
    return int(state.instance.sql("select avg(octet_length(line))::int from log.event"))


def kafka_tool(state, name, *arguments):
    libs = pathlib.Path(os.environ["BENCH_KAFKA_LIBS"])
    return run(["java", "-cp", f"{libs}/*", f"org.apache.kafka.tools.{name}", *arguments])


def seconds_between(log, first_code, last_code):
    """Between the first line with one code and the last with the other, by the server's own times."""
    times = {}
    for line in log.splitlines():
        for code in (first_code, last_code):
            if f'"{code}"' in line and (code not in times or code == last_code):
                stamp = re.search(r'"(?:time|ts|timestamp)":"([^"]+)"', line)[1]
                times[code] = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    if first_code not in times or last_code not in times:
        return None
    return (times[last_code] - times[first_code]).total_seconds()


def publish(state, number):
    """Seconds in which a relay alone fills a new topic."""
    with state.instance.process_beside(
        "relay",
        ["--roles", "relay", "--kafka", os.environ["ANNALS_TEST_KAFKA"], "--topic", f"relay-{number}"],
    ) as log:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            took = seconds_between(log.read_text(errors="replace"), "KAFKA-a0d3", "KAFKA-7d19")
            if took:
                return took
            time.sleep(0.1)
    raise BenchError("the relay did not catch up: " + log.read_text(errors="replace")[-800:])


def relay(state):
    """Catch-up of the whole log into a new topic of the real broker, beside Kafka's ProducerPerformance."""
    events = fill(state)
    size = line_bytes(state)
    print(f"==> relay: {events:,} events into a real broker, beside ProducerPerformance", flush=True)
    state.instance.stop()
    broker = os.environ["ANNALS_TEST_KAFKA"]
    ours, theirs = [], []
    for number in range(REPETITIONS):
        ours.append(events / publish(state, number))
        topic = f"performance-{number}"
        server = ["--bootstrap-server", broker]
        kafka_tool(state, "TopicCommand", *server, "--create", "--topic", topic, "--partitions", "8")
        load = ["--topic", topic, "--num-records", str(events), "--record-size", str(size)]
        properties = [f"bootstrap.servers={broker}", "acks=all"]
        out = kafka_tool(
            state, "ProducerPerformance", *load, "--throughput", "-1", "--producer-props", *properties
        )
        theirs.append(float(re.findall(r"([\d.]+) records/sec", out)[-1]))
        for each in (topic, f"relay-{number}"):
            kafka_tool(state, "TopicCommand", *server, "--delete", "--topic", each)
        report(f"round {number + 1}: {ours[-1]:,.0f}/s; ProducerPerformance {theirs[-1]:,.0f}/s")
    state.instance.start()
    return [figure("relay", ours, "1/s", theirs, ">= 0.7x")]


def copy_table(state, directory):
    """Rows a second of a COPY into an empty table with the same indexes."""
    rows = directory / "rows"
    dsn = state.instance.owner_dsn
    psql = ["psql", "-X", "-q", "-d", dsn, "-c"]
    run([*psql, f"\\copy {TABLE} to '{rows}' (format binary)"])
    state.instance.sql(
        f"drop table if exists bench.rows; create table bench.rows (like {TABLE} including all)"
    )
    begun = time.monotonic()
    run([*psql, f"\\copy bench.rows from '{rows}' (format binary)"])
    took = time.monotonic() - begun
    rows.unlink()
    return int(state.instance.sql("select count(*) from bench.rows")) / took


def rebuild(state):
    """A projection built beside the live one from the whole log, beside COPY of its rows."""
    events = fill(state)
    print(f"==> rebuild: {PROJECTION} from {events:,} events, beside COPY into the same table", flush=True)
    state.instance.sql("create schema if not exists bench")
    ours, theirs = [], []
    for number in range(REPETITIONS):
        begun = time.monotonic()
        state.instance.tool("projections", "rebuild", PROJECTION, "--json")
        ours.append(events / (time.monotonic() - begun))
        state.instance.tool("projections", "drop", PROJECTION)
        theirs.append(copy_table(state, state.instance.home))
        report(f"round {number + 1}: {ours[-1]:,.0f} events/s; COPY {theirs[-1]:,.0f} rows/s")
    return [figure("rebuild", ours, "1/s", theirs, ">= 0.5x")]


def read_out(state):
    """Seconds in which the lines are only copied out of PostgreSQL, by a session for each processor, and
    hashed as they come."""
    dsn = state.instance.owner_dsn
    sessions = os.cpu_count()
    pipes = []
    begun = time.monotonic()
    for number in range(sessions):
        rows = f"select line from log.event where partition % {sessions} = {number}"
        copy = f"copy ({rows}) to stdout (format binary)"
        pipe = 'psql -X -q -d "$0" -c "$1" | openssl dgst -sha256'
        pipes.append(["bash", "-o", "pipefail", "-c", pipe, dsn, copy])
    with concurrent.futures.ThreadPoolExecutor(sessions) as pool:
        list(pool.map(run, pipes))
    return time.monotonic() - begun


def verify(state):
    """Hashes and invariants of the whole log, beside openssl's SHA-256 of pieces of that size; and what it
    takes to read and hash the lines and nothing else."""
    events = fill(state)
    size = line_bytes(state)
    print(f"==> verify: {events:,} events, beside openssl speed sha256 at {size} bytes", flush=True)
    ours, theirs, bare = [], [], []
    for number in range(REPETITIONS):
        bare.append(events / read_out(state))
        begun = time.monotonic()
        state.instance.tool("verify", "--log", "--json")
        ours.append(events / (time.monotonic() - begun))
        out = run(["openssl", "speed", "-elapsed", "-seconds", "3", "-bytes", str(size), "-evp", "sha256"])
        theirs.append(float(re.findall(r"([\d.]+)k\s*$", out, re.M)[-1]) * 1000 / size)
        report(
            f"round {number + 1}: {ours[-1]:,.0f} events/s; read and hashed {bare[-1]:,.0f}/s; "
            f"openssl {theirs[-1]:,.0f}/s"
        )
    return [figure("verify", ours, "1/s", theirs, ">= 0.5x"), figure("verify_bare", bare, "1/s", theirs)]
