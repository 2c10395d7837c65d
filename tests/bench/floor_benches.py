"""What the parts of a command cost at least: each alone on this machine, with nothing around it. Their sum
stands beside the processor time that a command may take at the goals of `command` and `command-batch`."""

import os
import pathlib
import resource
import struct
import tempfile
import time

from command_benches import (
    BATCH_CONNECTIONS,
    COPIED_ROWS,
    copy_rate,
    insert_rate,
    make_reference_table,
    need_rate,
)
from cost_benches import TICKS_PER_S, measure_round, thread_times
from instance import BenchError, refuse_slow_build, run
from measure import CONNECTIONS, figure, report, wrk

COMMAND_GOAL, BATCH_GOAL = 1.5, 0.3
PATH_COMMANDS_FEW, PATH_COMMANDS_MANY = 100, 100_100  # of each kind
WRITTEN_ROWS = 40_000  # of each table; 10 ms of what the kernel counts are then 0.25 us of a row
TRANSACTIONS_OF = {  # each command gets a row of these; the server's metric that counts the transactions
    "log.event": "annals_append_batches",
    "log.command": "annals_append_batches",
    "prj.task": "annals_projector_batches",
    "prj.task_history": "annals_projector_batches",
}
CREATED_OF_COMMAND = 0.6  # command.lua; the others move a task, which has its row already
KAFKA_PARTS = ("thread relay", "thread rdk", "postgres annals-relay")
COPY_HEADER_BYTES, COPY_END = 19, b"\xff\xff"  # of COPY's binary format
MICROSECONDS = 1e6


def psql(state, script):
    """What one session prints."""
    words = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", state.instance.owner_dsn]
    return run(words, input=script)


def backend_us(state, script, rows):
    """PostgreSQL's time for each of the rows that the script writes."""
    stat = "pg_read_file('/proc/self/stat')"
    ticks = f"select split_part({stat}, ' ', 14)::bigint + split_part({stat}, ' ', 15)::bigint;\n"
    before, after = psql(state, ticks + script + ticks).split()
    return (int(after) - int(before)) / TICKS_PER_S / rows * MICROSECONDS


def write_rows(state, table, file_name, rows):
    """A file of rows of the table for COPY, and the names of its columns."""
    columns = state.instance.sql(
        f"""select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
            where attrelid = '{table}'::regclass and attnum > 0 and attgenerated = '' and not attisdropped"""
    )
    psql(state, f"\\copy (select {columns} from {table} limit {rows}) to '{file_name}' (format binary)\n")
    return columns


def split_rows(path, rows_at_once):
    """Writes the file's rows into files of so many beside it; answers those and the number of rows.
    Format: https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4"""
    data, files, count = path.read_bytes(), [], 0
    at = begun = COPY_HEADER_BYTES
    while (fields := struct.unpack_from(">h", data, at)[0]) >= 0:
        at += 2
        for _ in range(fields):
            at += 4 + max(0, struct.unpack_from(">i", data, at)[0])
        count += 1
        if count % rows_at_once == 0:
            files.append((begun, at))
            begun = at
    files += [(begun, at)] if at > begun else []
    paths = [path.with_name(f"{path.name}-{number}") for number in range(len(files))]
    for each, (start, end) in zip(paths, files, strict=True):
        each.write_bytes(data[:COPY_HEADER_BYTES] + data[start:end] + COPY_END)
    return paths, count


def copied_us(state, table, rows_at_once):
    """For a row of a binary COPY into an empty table of the same shape and indexes, without triggers and
    policies, in transactions of so many rows. Leaves the table as bench.rows."""
    with tempfile.TemporaryDirectory(prefix="annals-rows-") as directory:
        rows = pathlib.Path(directory) / "rows"
        columns = write_rows(state, table, rows, WRITTEN_ROWS)
        files, count = split_rows(rows, rows_at_once)
        if not count:
            raise BenchError(f"{table} has no rows")
        state.instance.sql(
            f"drop table if exists bench.rows; create table bench.rows (like {table} including all)"
        )
        script = "".join(f"\\copy bench.rows ({columns}) from '{each}' (format binary)\n" for each in files)
        return backend_us(state, script, count)


def moved_us(state, rows_at_once):
    """For a task that moves: an UPDATE by key of what a move changes, so many in a transaction, of the tasks
    that copied_us() has left."""
    state.instance.sql(
        f"""drop table if exists bench.moves;
            create table bench.moves as
                select (row_number() over (order by random()) - 1) / {rows_at_once} as batch,
                    tenant_id, id, column_id, category, rank || 'x' as rank, now() as at,
                    version + 1 as version
                from bench.rows;
            create index on bench.moves (batch); analyze bench.moves"""
    )
    batches = int(state.instance.sql("select max(batch) + 1 from bench.moves"))
    rows = int(state.instance.sql("select count(*) from bench.moves"))
    script = """set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off;
        set enable_mergejoin = off;
        prepare move (bigint) as update bench.rows t
            set column_id = m.column_id, category = m.category, rank = m.rank, updated_at = m.at,
                version = m.version
            from bench.moves m where m.batch = $1 and t.tenant_id = m.tenant_id and t.id = m.id;\n"""
    return backend_us(state, script + "".join(f"execute move({b});\n" for b in range(batches)), rows)


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


def transactions(state):
    """So far, by the metric that counts them."""
    text = state.instance.call("GET", "/metrics")[1]
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(values[name]) for name in set(TRANSACTIONS_OF.values())}


def load_parts(state, script, connections, created, number):
    """What a load's rows cost in transactions as large as it makes them, and what publishing it takes."""
    events, before = state.instance.events(), transactions(state)
    costs = measure_round(state, number, script=script, connections=connections)[0]
    events, after = state.instance.events() - events, transactions(state)
    at_once = {name: max(1, round(events / (after[name] - before[name]))) for name in before}
    parts = {}
    for table, metric in TRANSACTIONS_OF.items():
        us = copied_us(state, table, at_once[metric])
        if table == "prj.task" and created < 1:
            us = created * us + (1 - created) * moved_us(state, at_once[metric])
        parts[f"rows of {table}"] = us
    parts["publishing"] = sum(us for name, us in costs.items() if name.startswith(KAFKA_PARTS))
    report(f"{script}: " + ", ".join(f"{size} rows for each of {name}" for name, size in at_once.items()))
    return parts


def measure_floors(state, copied_rows, number):
    """By figure: microseconds by part, and what the goal leaves for all of them."""
    line_bytes = make_reference_table(state)  # anew: copied rows have positions that are inserted
    everything = os.cpu_count() * MICROSECONDS
    left = everything / (COMMAND_GOAL * insert_rate(state, line_bytes))
    left_in_batch = everything / (BATCH_GOAL * copy_rate(state, copied_rows))
    http, generator = request_us(state)
    pure = {"path": path_us()}
    one = load_parts(state, "command.lua", CONNECTIONS, CREATED_OF_COMMAND, number)
    batch = load_parts(state, "batch.lua", BATCH_CONNECTIONS, 1, number)
    return {
        "floor": ({"HTTP": http, "load generator": generator} | pure | one, left),
        "floor_batch": (pure | batch, left_in_batch),
    }


def floor(state):
    """What a command cannot do without, and what the goals leave for it."""
    print("==> floor: the parts of a command alone, beside the time that the goals leave for all", flush=True)
    need_rate(state)
    rounds = []
    with tempfile.TemporaryDirectory(prefix="annals-floor-") as directory:
        copied_rows = pathlib.Path(directory) / "copied"
        write_rows(state, "log.event", copied_rows, COPIED_ROWS)
        for number in range(state.rounds):
            rounds.append(measure_floors(state, copied_rows, number + 1))
            for name, (parts, left) in rounds[-1].items():
                shown = ", ".join(f"{part} {us:.1f}" for part, us in parts.items())
                report(f"{name}, round {number + 1}: {shown}; left by the goal {left:.1f}")
    figures = []
    for name in rounds[0]:
        parts, left = zip(*(each[name] for each in rounds), strict=True)
        whole = [sum(each.values()) for each in parts]
        figures.append(figure(name, whole, "us", left, "< 1 for the goal to be possible"))
        figures += [figure(f"{name} {part}", [each[part] for each in parts], "us") for part in parts[0]]
    return figures
