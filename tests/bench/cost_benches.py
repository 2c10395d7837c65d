"""Where the processor's time and the bytes of a command go, by thread and PostgreSQL session."""

import os
import pathlib
import re

from measure import CONNECTIONS, WARM_UP_S, figure, report, wrk

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SHOWN_US_MIN = 0.5


def processor_s(stat):
    """Name and the seconds of processor that a process or thread has used, from its /proc/.../stat."""
    text = pathlib.Path(stat).read_text(encoding="ascii", errors="replace")
    fields = text[text.rindex(")") + 2 :].split()
    return text[text.index("(") + 1 : text.rindex(")")], (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def thread_times(pid):
    """Seconds by kind of thread: those of a pool, and those of librdkafka, are one kind."""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name, seconds = processor_s(task / "stat")
        except FileNotFoundError:
            continue
        kind = re.sub(r"[-:_ ]?\d+$", "", name)
        times[f"thread {kind}"] = times.get(f"thread {kind}", 0) + seconds
    return times


def postgres_times(instance):
    """Seconds by application name of a session, and of each kind of background process."""
    rows = instance.sql(
        "select pid, coalesce(nullif(application_name, ''), backend_type) from pg_stat_activity"
        " where pid <> pg_backend_pid()"
    )
    times = {}
    for row in rows.splitlines():
        pid, name = row.split("|", 1)
        try:
            seconds = processor_s(f"/proc/{pid}/stat")[1]
        except FileNotFoundError:
            continue
        kind = "postgres " + re.sub(r"( \S+:\d+:|[ -]?[0-9a-f-]{8,}).*$", "", name)
        times[kind] = times.get(kind, 0) + seconds
    return times


def measure_round(state, number, seconds=None, script="command.lua", connections=CONNECTIONS):
    """One round of a load: what an event cost until all of it was visible, by whoever spent it and in bytes
    of WAL, and requests a second."""
    instance = state.instance
    wal = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
    before, wal_before, events = snapshot(instance), int(float(instance.sql(wal))), instance.events()
    per_s = wrk(state, script, seconds or state.round_s, number, connections=connections)[0]
    instance.catch_up()
    after, wal_after, written = snapshot(instance), int(float(instance.sql(wal))), instance.events() - events
    costs = {
        name: (seconds - before.get(name, 0)) / written * 1e6
        for name, seconds in after.items()
        if seconds >= before.get(name, 0)
    }
    return costs, (wal_after - wal_before) / written, per_s


def snapshot(instance):
    return thread_times(instance.process.pid) | postgres_times(instance)


def cost(state):
    """Processor microseconds and WAL bytes of one command, by whoever spends them. The load generator's own
    time is not in it."""
    print("==> cost: where a command's processor time goes", flush=True)
    wrk(state, "command.lua", WARM_UP_S, 0)
    state.instance.catch_up()
    rounds = [measure_round(state, number + 1) for number in range(state.rounds)]
    names = sorted({name for costs, *_ in rounds for name in costs})
    by_name = {name: [costs.get(name, 0.0) for costs, *_ in rounds] for name in names}
    figures = [figure(f"cost {name}", values, "us") for name, values in by_name.items()]
    figures = sorted((f for f in figures if f["value"] >= SHOWN_US_MIN), key=lambda f: -f["value"])
    total = [sum(costs.values()) for costs, *_ in rounds]
    report(f"{total[-1]:.0f} us of processor time for a command, from its request to its row in query tables")
    return [figure("cost", total, "us"), figure("cost_wal", [wal for _, wal, _ in rounds], "B"), *figures]
