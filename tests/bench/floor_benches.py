"""What the parts of a command cost at least: each alone on this machine, with nothing around it. Their sum
stands beside the processor time that a command may take at the goals of `command` and `command-batch`."""

import os
import pathlib
import resource
import tempfile
import time

from command_benches import COPIED_ROWS, copy_rate, insert_rate, make_reference_table, need_rate
from cost_benches import TICKS_PER_S, measure_round, thread_times
from instance import DATABASE, BenchError, refuse_slow_build, run
from measure import figure, report, wrk

COMMAND_GOAL, BATCH_GOAL = 1.5, 0.3
PATH_COMMANDS_FEW, PATH_COMMANDS_MANY = 100, 20_100  # of each kind
TABLES = ("log.event", "log.command", "prj.task", "prj.task_history")  # each gets a row of most commands
KAFKA_PARTS = ("thread relay", "thread rdk", "postgres annals-relay")
MICROSECONDS = 1e6


def psql(state, *commands):
    """What one session prints."""
    words = [word for command in commands for word in ("-c", command)]
    return run(["psql", "-X", "-q", "-At", "-d", f"{state.instance.superuser_dsn} dbname={DATABASE}", *words])


def write_rows(state, table, file_name):
    """A file of rows of the table for COPY, and the names of its columns."""
    columns = state.instance.sql(
        f"""select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
            where attrelid = '{table}'::regclass and attnum > 0 and attgenerated = '' and not attisdropped"""
    )
    copy_out = f"\\copy (select {columns} from {table} limit {COPIED_ROWS}) to '{file_name}' (format binary)"
    psql(state, copy_out)
    return columns


def row_us(state, table, directory):
    """PostgreSQL's time for a row of one binary COPY into an empty table of the same shape and indexes,
    without triggers and policies."""
    rows = pathlib.Path(directory) / "rows"
    columns = write_rows(state, table, rows)
    state.instance.sql(
        f"drop table if exists bench.rows; create table bench.rows (like {table} including all)"
    )
    stat = "pg_read_file('/proc/self/stat')"
    ticks = f"select split_part({stat}, ' ', 14)::bigint + split_part({stat}, ' ', 15)::bigint"
    copy_in = f"\\copy bench.rows ({columns}) from '{rows}' (format binary)"
    before, after = psql(state, ticks, copy_in, ticks).split()
    used = (int(after) - int(before)) / TICKS_PER_S
    count = int(state.instance.sql("select count(*) from bench.rows"))
    if not count:
        raise BenchError(f"{table} has no rows")
    return used / count * MICROSECONDS


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def request_us(state):
    """The HTTP threads' time for a request that asks nobody, and the load generator's."""
    pid = state.instance.process.pid
    server, generator = thread_times(pid)["thread http"], children_s()
    rate = wrk(state, "live.lua", state.round_s, 1)[0]
    requests = rate * state.round_s
    server, generator = thread_times(pid)["thread http"] - server, children_s() - generator
    return server / requests * MICROSECONDS, generator / requests * MICROSECONDS


def path_us():
    """From body to hash, in one thread without any I/O; the mean of a CreateTask and a MoveTask."""
    if "BENCH_PATH_COST" not in os.environ:
        raise BenchError("BENCH_PATH_COST is not set; run it as ./dev bench")
    binary = pathlib.Path(os.environ["BENCH_PATH_COST"])
    refuse_slow_build(binary)
    times = []
    for count in (PATH_COMMANDS_FEW, PATH_COMMANDS_MANY):
        begun = time.monotonic()
        run([binary, str(count), str(count)])
        times.append(time.monotonic() - begun)
    return (times[1] - times[0]) / 2 / (PATH_COMMANDS_MANY - PATH_COMMANDS_FEW) * MICROSECONDS


def measure_parts(state, directory, number):
    """Microseconds by part."""
    parts = {f"rows of {table}": row_us(state, table, directory) for table in TABLES}
    parts["HTTP"], parts["load generator"] = request_us(state)
    parts["path"] = path_us()
    costs = measure_round(state, number)[0]
    parts["Kafka"] = sum(us for name, us in costs.items() if name.startswith(KAFKA_PARTS))
    return parts


def floor(state):
    """What a command cannot do without, and what the goals leave for it."""
    print("==> floor: the parts of a command alone, beside the time that the goals leave for all", flush=True)
    need_rate(state)
    rounds, single, batch = [], [], []
    with tempfile.TemporaryDirectory(prefix="annals-floor-") as directory:
        rows = pathlib.Path(directory) / "copied"
        write_rows(state, "log.event", rows)
        for number in range(state.rounds):
            line_bytes = make_reference_table(state)  # anew: copied rows have positions that are inserted
            rounds.append(measure_parts(state, directory, number + 1))
            everything = os.cpu_count() * MICROSECONDS
            single.append(everything / (COMMAND_GOAL * insert_rate(state, line_bytes)))
            batch.append(everything / (BATCH_GOAL * copy_rate(state, rows)))
            parts = ", ".join(f"{name} {us:.1f}" for name, us in rounds[-1].items())
            report(f"round {number + 1}: {parts}; left by the goals {single[-1]:.1f} and {batch[-1]:.1f}")
    whole = [sum(parts.values()) for parts in rounds]
    in_batch = [us - parts["HTTP"] - parts["load generator"] for us, parts in zip(whole, rounds, strict=True)]
    return [
        figure("floor", whole, "us", single, "of command at its goal"),
        figure("floor_batch", in_batch, "us", batch, "of command_batch at its goal"),
        *(figure(f"floor {name}", [parts[name] for parts in rounds], "us") for name in rounds[0]),
    ]
