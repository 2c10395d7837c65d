"""Commands over HTTP, each figure beside what PostgreSQL alone needs for the rows."""

import contextlib
import http.client
import json
import pathlib
import statistics
import tempfile
import threading
import time

from instance import LOGIN, PASSWORD, BenchError, run
from measure import HERE, WARM_UP_S, MemoryWatch, answer_times, figure, open_loop, pgbench, report, wrk

BATCH = 100
BATCH_CONNECTIONS = 16  # more would have more commands of one organization wait than are let in
API_PROCESSES = 3
LOGINS_PER_S = 50
COPIED_ROWS = 100_000


def make_reference_table(state):
    """A table of log.event's shape and indexes, without its triggers and policies; answers the bytes of a
    line."""
    state.instance.sql("""create schema if not exists bench;
        drop table if exists bench.event;
        create table bench.event (like log.event including all);
        drop sequence if exists bench.position;
        create sequence bench.position cache 100""")
    return int(state.instance.sql("select avg(length(line))::int from log.event where type like 'prj.%'"))


def insert_rate(state, line_bytes):
    return pgbench(state, [HERE / "insert.sql"], state.round_s, [f"line={'x' * line_bytes}"])


def need_rate(state):
    """What `command` found, or, without it, one round of it."""
    if state.commands_per_s is None:
        wrk(state, "command.lua", WARM_UP_S, 0)
        state.instance.catch_up()
        state.commands_per_s = wrk(state, "command.lua", state.round_s, 1)[0]
        state.instance.catch_up()
    return state.commands_per_s


def command(state):
    """Durable commands over HTTP beside single-row INSERTs into the same table shape."""
    print("==> command: CreateTask and MoveTask over HTTP, beside pgbench's single-row INSERT", flush=True)
    wrk(state, "command.lua", WARM_UP_S, 0)
    state.instance.catch_up()
    line_bytes = make_reference_table(state)
    ours, theirs, p99_ms = [], [], []
    memory = MemoryWatch(state.instance)
    memory.start()
    for number in range(state.rounds):
        before = state.instance.events()
        per_s, latency = wrk(state, "command.lua", state.round_s, number + 1)
        ours.append(per_s)
        p99_ms.append(latency["p99_us"] / 1000)
        behind, took = state.instance.catch_up()
        written = state.instance.events() - before
        theirs.append(insert_rate(state, line_bytes))
        report(
            f"round {number + 1}: {per_s:,.0f}/s ({written:,} events, {behind:,} not yet visible at its end, "
            f"{took:.1f} s to catch up; {answer_times(latency)}); pgbench {theirs[-1]:,.0f}/s"
        )
    state.memory_load = memory.end()
    state.commands_per_s = statistics.median(ours)
    return [
        figure("command", ours, "1/s", theirs, ">= 1.5x"),
        figure("command_p99", p99_ms, "ms"),
    ]


def command_three(state):
    """The same load shared by three API processes on one log, beside one process."""
    print("==> command-3: the same with three API processes on the log, beside one", flush=True)
    need_rate(state)
    ours, theirs = [], []
    for number in range(state.rounds):
        # The others only run while they are measured: one process alone passes nothing on.
        with contextlib.ExitStack() as stack:
            urls = [state.instance.url]
            urls += [stack.enter_context(state.instance.api_beside(n)) for n in range(1, API_PROCESSES)]
            wrk(state, "command.lua", WARM_UP_S, number, urls)
            ours.append(wrk(state, "command.lua", state.round_s, number + 10, urls)[0])
            state.instance.catch_up()
        theirs.append(wrk(state, "command.lua", state.round_s, number + 20)[0])
        state.instance.catch_up()
        report(f"round {number + 1}: three {ours[-1]:,.0f}/s; one {theirs[-1]:,.0f}/s")
    return [figure("command_3", ours, "1/s", theirs, ">= 0.8x of one process")]


def logged_percentile(directory, share):
    """Of the transactions in pgbench's logs; their third column is microseconds from when each was due."""
    times = []
    for path in pathlib.Path(directory).iterdir():
        with path.open(encoding="ascii") as file:
            times += [int(line.split(" ", 3)[2]) for line in file]
    times.sort()
    return times[int(share * (len(times) - 1))] / 1000


def command_latency(state):
    """Answers at half the rate of `command`, open loop, beside INSERTs at the same rate."""
    rate = need_rate(state) / 2
    print(f"==> command-latency: {rate:,.0f} commands/s, open loop, beside INSERTs at that rate", flush=True)
    line_bytes = make_reference_table(state)
    ours, theirs = ([], []), ([], [])
    for number in range(state.rounds):
        result = open_loop(state, rate, state.round_s)
        ours[0].append(result["answered_p50_ms"])
        ours[1].append(result["answered_p99_ms"])
        state.instance.catch_up()
        with tempfile.TemporaryDirectory(prefix="annals-pgbench-") as directory:
            variables = [f"line={'x' * line_bytes}"]
            prefix = pathlib.Path(directory) / "log"
            pgbench(state, [HERE / "insert.sql"], state.round_s, variables, rate, prefix)
            theirs[0].append(logged_percentile(directory, 0.5))
            theirs[1].append(logged_percentile(directory, 0.99))
        report(
            f"round {number + 1}: p50 {ours[0][-1]:.1f}, p99 {ours[1][-1]:.1f} ms ({result['late']} late); "
            f"pgbench p50 {theirs[0][-1]:.1f}, p99 {theirs[1][-1]:.1f} ms"
        )
    return [
        figure("command_latency_p50", ours[0], "ms", theirs[0]),
        figure("command_latency_p99", ours[1], "ms", theirs[1], "<= 2x"),
    ]


def copy_rate(state, rows_file):
    """Rows a second of one COPY into the reference table."""
    state.instance.sql("truncate bench.event")
    dsn = state.instance.owner_dsn
    begun = time.monotonic()
    run(["psql", "-X", "-q", "-d", dsn, "-c", f"\\copy bench.event from '{rows_file}' (format binary)"])
    return int(state.instance.sql("select count(*) from bench.event")) / (time.monotonic() - begun)


def batch_rate(state, seed):
    """Events a second: an item of a batch that is refused is none."""
    begun, before = time.monotonic(), state.instance.events()
    wrk(state, "batch.lua", state.round_s if seed else WARM_UP_S, seed, connections=BATCH_CONNECTIONS)
    return (state.instance.events() - before) / (time.monotonic() - begun)


def command_batch(state):
    """commands:batch of 100, in commands, beside a COPY of rows of the log."""
    print(f"==> command-batch: commands:batch of {BATCH}, beside COPY of the same rows", flush=True)
    need_rate(state)
    make_reference_table(state)
    dsn = state.instance.owner_dsn
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="annals-copy-") as directory:
        rows = pathlib.Path(directory) / "rows"
        batch_rate(state, 0)
        state.instance.catch_up()
        select = f"select * from log.event where type = 'prj.TaskCreated' limit {COPIED_ROWS}"
        run(["psql", "-X", "-q", "-d", dsn, "-c", f"\\copy ({select}) to '{rows}' (format binary)"])
        for number in range(state.rounds):
            ours.append(batch_rate(state, number + 1))
            state.instance.catch_up()
            theirs.append(copy_rate(state, rows))
            report(f"round {number + 1}: {ours[-1]:,.0f} commands/s; COPY {theirs[-1]:,.0f} rows/s")
    return [figure("command_batch", ours, "1/s", theirs, ">= 0.3x")]


class Logins(threading.Thread):
    """Logs in at a steady rate until it is ended; counts what was answered."""

    def __init__(self, instance):
        super().__init__(daemon=True)
        self.instance, self.answered, self.refused, self.ended = instance, 0, 0, threading.Event()
        self.lock = threading.Lock()

    def log_in(self):
        connection = http.client.HTTPConnection(
            self.instance.api.hostname, self.instance.api.port, timeout=30
        )
        body = json.dumps({"login": LOGIN, "password": PASSWORD})
        connection.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
        well = connection.getresponse().status == 200
        connection.close()
        with self.lock:
            self.answered += well
            self.refused += not well

    def run(self):
        due, began = time.monotonic(), []
        while not self.ended.is_set():
            began.append(threading.Thread(target=self.log_in, daemon=True))
            began[-1].start()
            due += 1 / LOGINS_PER_S
            time.sleep(max(0, due - time.monotonic()))
        for thread in began:
            thread.join()


def login(state):
    """Logins, and what 50 of them a second do to the 99th percentile of commands at half their rate."""
    rate = need_rate(state) / 2
    print(f"==> login: {LOGINS_PER_S} logins/s beside {rate:,.0f} commands/s", flush=True)
    quiet, busy, logins = [], [], []
    for number in range(state.rounds):
        quiet.append(open_loop(state, rate, state.round_s)["answered_p99_ms"])
        load = Logins(state.instance)
        load.start()
        try:
            busy.append(open_loop(state, rate, state.round_s)["answered_p99_ms"])
        finally:
            load.ended.set()
            load.join()
        if not load.answered:
            raise BenchError("no login was answered")
        logins.append(load.answered / state.round_s)
        state.instance.catch_up()
        report(
            f"round {number + 1}: commands p99 {quiet[-1]:.1f} ms quiet, {busy[-1]:.1f} ms with "
            f"{logins[-1]:.0f} logins/s ({load.refused} refused)"
        )
    return [
        figure("login", logins, "1/s"),
        figure("login_command_p99", busy, "ms", quiet, "<= 2x quiet"),
    ]
