"""Queries over HTTP, beside the same selects by pgbench."""

import pathlib
import tempfile

import volume
from measure import WARM_UP_S, answer_times, figure, open_loop, pgbench, report, wrk

LATE_SHARE_MAX = 0.02  # of commands sent after their time; above it the generator or the machine was measured
SCRIPTS_MAX = 100  # of one pgbench run, each reading another row
LISTED_TASKS = 1_000_000
LISTED_TASKS_QUICK = 100_000


def select_scripts(state, directory):
    """One script for each of some tasks that query.lua reads, too."""
    scripts = []
    tasks = [(tenant, task) for _, _, _, tasks, tenant in state.instance.targets for task in tasks]
    for number, (tenant, task) in enumerate(tasks[:: max(1, len(tasks) // SCRIPTS_MAX)][:SCRIPTS_MAX]):
        scripts.append(directory / f"{number}.sql")
        select = f"select * from prj.task where tenant_id = '{tenant}' and id = '{task}';\n"
        scripts[-1].write_text(select, encoding="ascii")
    return scripts


def list_scripts(state, directory):
    """One script for each project that list.lua reads, too."""
    scripts = []
    for number, (_, project, _, _, tenant) in enumerate(state.instance.targets):
        scripts.append(directory / f"{number}.sql")
        select = (
            f"select * from prj.task where tenant_id = '{tenant}' and project_id = '{project}' and "
            "priority = 'high' order by updated_at desc, id desc limit 51;\n"
        )
        scripts[-1].write_text(select, encoding="ascii")
    return scripts


def beside_pgbench(state, lua, make_scripts):
    """Rounds of ours and of the reference, and the last 99th percentile."""
    wrk(state, lua, WARM_UP_S, 0)
    ours, theirs, p99_ms = [], [], []
    with tempfile.TemporaryDirectory(prefix="annals-select-") as directory:
        scripts = make_scripts(state, pathlib.Path(directory))
        for number in range(state.rounds):
            per_s, latency = wrk(state, lua, state.round_s, number + 1)
            ours.append(per_s)
            p99_ms.append(latency["p99_us"] / 1000)
            theirs.append(pgbench(state, scripts, state.round_s))
            times = answer_times(latency)
            report(f"round {number + 1}: {per_s:,.0f}/s ({times}); pgbench {theirs[-1]:,.0f}/s")
    return ours, theirs, p99_ms


def query(state):
    """GET tasks/{id} under row-level security beside point selects of the same rows."""
    print("==> query: GET tasks/{id} over HTTP, beside pgbench's point select", flush=True)
    ours, theirs, p99_ms = beside_pgbench(state, "query.lua", select_scripts)
    return [figure("query", ours, "1/s", theirs, ">= 0.4x"), figure("query_p99", p99_ms, "ms")]


def task_list(state):
    """50 of many tasks, filtered and sorted, beside the same select."""
    tasks = LISTED_TASKS_QUICK if state.quick else LISTED_TASKS
    print(f"==> list: 50 tasks of a project, filtered and sorted, of {tasks:,}", flush=True)
    state.targets  # makes the projects
    volume.add_tasks(state.instance, tasks)
    ours, theirs, p99_ms = beside_pgbench(state, "list.lua", list_scripts)
    return [figure("list", ours, "1/s", theirs, ">= 0.6x"), figure("list_p99", p99_ms, "ms")]


def visible(state):
    """Commit to visible through Kafka, at half the rate that command found."""
    rate = state.commands_per_s / 2
    print(f"==> visible: commit to visible at {rate:,.0f} commands/s, open loop", flush=True)
    p50_ms, p99_ms = [], []
    for _ in range(state.rounds):
        state.instance.catch_up()
        result = open_loop(state, rate, state.round_s)
        p50_ms.append(result["visible_p50_ms"])
        p99_ms.append(result["visible_p99_ms"])
        report(
            f"{result['samples']:,} samples at {result['rate']:,.0f}/s, {result['late']} of "
            f"{result['sent']:,} sent late; visible p99 {p99_ms[-1]:.1f} ms, answers p99 "
            f"{result['answered_p99_ms']:.1f} ms"
        )
        if result["late"] > LATE_SHARE_MAX * result["sent"]:
            report("NOT VALID: the load did not come at its times, the machine is too busy")
    return [
        figure("visible_p50", p50_ms, "ms"),
        figure("visible_p99", p99_ms, "ms", goal="<= 100 ms at half load"),
    ]
