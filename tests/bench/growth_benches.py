"""What the size of the log costs: the same loads on a large log and on a small one, by turns."""

import pathlib
import shutil
import tempfile
import time

import volume
from instance import BenchError, Instance
from measure import WARM_UP_S, State, figure, report, wrk

LOADS = {"command": "command.lua", "query": "query.lua", "list": "list.lua"}
GROWN_EVENTS, GROWN_TASKS = 10_000_000, 4_000_000
SMALL_EVENTS, SMALL_TASKS = 100_000, 50_000
BYTES_PER_GROWN_EVENT = 2_500  # with indexes, its command and a share of the WAL


def refuse_small_disk(instance):
    need = 2 * GROWN_EVENTS * BYTES_PER_GROWN_EVENT
    free = shutil.disk_usage(instance.data_directory()).free
    if free < need:
        raise BenchError(f"growth needs {need / 1e9:.0f} GB of free disk, there are {free / 1e9:.0f}")


def grow(state, events, tasks):
    """Seconds from the start on such a log until it is ready."""
    state.targets  # makes what the loads use
    state.instance.stop()
    begun = time.monotonic()
    volume.add_events(state.instance, events)
    volume.add_tasks(state.instance, tasks)
    state.instance.sql("checkpoint")  # or what was made in bulk is written back during the loads
    report(f"{events:,} events and {tasks:,} tasks made in {time.monotonic() - begun:.0f} s")
    return state.instance.start()


def load(state, script, seconds, number):
    """What was asked a second, when all of it is applied."""
    rate = wrk(state, script, seconds, number)[0]
    state.instance.catch_up()
    return rate


def growth(state):
    """Commands, queries and lists with 10 million events beside the same with 100,000: two databases of one
    PostgreSQL, each with its server, that take turns."""
    if state.instance.kafka:
        raise BenchError("growth needs the embedded broker: two logs cannot share their topics")
    refuse_small_disk(state.instance)
    print(f"==> growth: {GROWN_EVENTS:,} events beside {SMALL_EVENTS:,}", flush=True)
    instance = state.instance
    with tempfile.TemporaryDirectory(prefix="annals-growth-") as work:
        other = (instance.binary, pathlib.Path(work), instance.superuser_dsn, None, "annals_bench_small")
        with Instance(*other) as small_instance:
            small = State(small_instance, state.quick)
            grow(small, SMALL_EVENTS, SMALL_TASKS)
            ready = grow(state, GROWN_EVENTS, GROWN_TASKS)
            report(f"ready after {ready:.2f} s")
            return [figure("start_to_ready_10m", ready, "s", goal="<= 2 s"), *compare(state, small)]


def compare(grown, small):
    """A figure of each load, the small log's as its reference."""
    figures = []
    for name, script in LOADS.items():
        rates = {grown: [], small: []}
        for number in range(grown.rounds):
            for each in (small, grown):
                load(each, script, WARM_UP_S, 0)
                rates[each].append(load(each, script, each.round_s, number + 1))
            report(f"{name}, round {number + 1}: {rates[grown][-1]:,.0f}/s beside {rates[small][-1]:,.0f}/s")
        figures.append(
            figure(f"growth_{name}", rates[grown], "1/s", rates[small], ">= 0.83x (cost 1.2x)")
        )
    return figures
