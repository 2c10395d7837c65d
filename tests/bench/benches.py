"""The benches. Each is a function of a State that answers a list of figures."""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from instance import DATABASE, BenchError, run

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64
WARM_UP_S = 2
IDLE_S = 3
MEMORY_SAMPLE_S = 0.1
LATE_SHARE_MAX = 0.02  # of commands sent after their time; above it the generator or the machine was measured
SCRIPTS_MAX = 100  # of one pgbench run, each reading another row


class State:
    """What benches share: the instance, how long to measure, and what was found so far."""

    def __init__(self, instance, quick):
        self.instance = instance
        self.rounds, self.round_s = (2, 4) if quick else (4, 8)
        self.commands_per_s = self.memory_idle = self.memory_load = None

    @property
    def targets(self):
        """The file of targets that wrk's scripts read; the data is made at the first call."""
        path = self.instance.home / "targets"
        if not self.instance.targets:
            self.instance.populate()
            lines = (f"{t[0]} {t[1]} {','.join(t[2])} {','.join(t[3])}\n" for t in self.instance.targets)
            path.write_text("".join(lines), encoding="ascii")
        return path


def figure(name, value, unit, reference=None, goal=None):
    ratio = value / reference if reference else None
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": reference and round(reference, 3),
        "ratio": ratio and round(ratio, 3),
        "goal": goal,
    }


def wrk(state, script, seconds, seed):
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", str(HERE / script)]
    command += [state.instance.url, "--", str(seed)]
    out = run(command, env=os.environ | {"BENCH_TARGETS": str(state.targets)})
    result = json.loads(re.search(r"^RESULT (.*)$", out, re.M)[1])
    if result["refused"] or result["lost"] or not result["requests"]:
        raise BenchError(
            f"{script}: of {result['requests']} requests {result['refused']} were refused and "
            f"{result['lost']} lost; the server's last words: {state.instance.log_tail()}"
        )
    return result["requests"] / result["us"] * 1e6, result


def pgbench(state, scripts, seconds, variables=()):
    command = ["pgbench", "-n", "-c", str(CONNECTIONS), "-j", "2", "-M", "prepared", "-T", str(seconds)]
    for script in scripts:
        command += ["-f", str(script)]
    for variable in variables:
        command += ["-D", variable]
    out = run([*command, f"{state.instance.superuser_dsn} dbname={DATABASE}"])
    return float(re.search(r"^tps = ([\d.]+)", out, re.M)[1])


class MemoryWatch(threading.Thread):
    """The largest resident size of the server while it runs."""

    def __init__(self, instance):
        super().__init__(daemon=True)
        self.instance, self.largest, self.ended = instance, 0.0, threading.Event()

    def run(self):
        while not self.ended.wait(MEMORY_SAMPLE_S):
            self.largest = max(self.largest, self.instance.memory_mib())

    def end(self):
        self.ended.set()
        self.join()
        return self.largest


def answer_times(latency):
    return f"answers p50 {latency['p50_us'] / 1000:.1f} ms, p99 {latency['p99_us'] / 1000:.1f} ms"


def report(text):
    print(f"    {text}", flush=True)


def make_reference_table(state):
    """A table of log.event's shape and indexes, without its triggers and policies."""
    state.instance.sql("""create schema if not exists bench;
        drop table if exists bench.event;
        create table bench.event (like log.event including all);
        drop sequence if exists bench.position;
        create sequence bench.position cache 100""")
    return int(state.instance.sql("select avg(length(line))::int from log.event where type like 'prj.%'"))


def command(state):
    """Durable commands over HTTP beside single-row INSERTs into the same table shape."""
    print("==> command: CreateTask and MoveTask over HTTP, beside pgbench's single-row INSERT", flush=True)
    wrk(state, "command.lua", WARM_UP_S, 0)
    state.instance.catch_up()
    line_bytes = make_reference_table(state)
    ours, theirs, latency = [], [], None
    memory = MemoryWatch(state.instance)
    memory.start()
    for number in range(state.rounds):
        before = state.instance.events()
        per_s, latency = wrk(state, "command.lua", state.round_s, number + 1)
        ours.append(per_s)
        behind, took = state.instance.catch_up()
        written = state.instance.events() - before
        theirs.append(pgbench(state, [HERE / "insert.sql"], state.round_s, [f"line={'x' * line_bytes}"]))
        report(
            f"round {number + 1}: {per_s:,.0f}/s ({written:,} events, {behind:,} not yet visible at its end, "
            f"{took:.1f} s to catch up; {answer_times(latency)}); pgbench {theirs[-1]:,.0f}/s"
        )
    state.memory_load = memory.end()
    state.commands_per_s = statistics.median(ours)
    return [
        figure("command", state.commands_per_s, "1/s", statistics.median(theirs), ">= 0.5x now, 1.5x aim"),
        figure("command_p99", latency["p99_us"] / 1000, "ms"),
    ]


def select_scripts(state, directory):
    """One script for each of some tasks that query.lua reads, too."""
    scripts = []
    tasks = [(tenant, task) for _, _, _, tasks, tenant in state.instance.targets for task in tasks]
    for number, (tenant, task) in enumerate(tasks[:: max(1, len(tasks) // SCRIPTS_MAX)][:SCRIPTS_MAX]):
        scripts.append(directory / f"{number}.sql")
        select = f"select * from prj.task where tenant_id = '{tenant}' and id = '{task}';\n"
        scripts[-1].write_text(select, encoding="ascii")
    return scripts


def query(state):
    """GET tasks/{id} under row-level security beside point selects of the same rows."""
    print("==> query: GET tasks/{id} over HTTP, beside pgbench's point select", flush=True)
    wrk(state, "query.lua", WARM_UP_S, 0)
    ours, theirs, latency = [], [], None
    with tempfile.TemporaryDirectory(prefix="annals-select-") as directory:
        scripts = select_scripts(state, pathlib.Path(directory))
        for number in range(state.rounds):
            per_s, latency = wrk(state, "query.lua", state.round_s, number + 1)
            ours.append(per_s)
            theirs.append(pgbench(state, scripts, state.round_s))
            times = answer_times(latency)
            report(f"round {number + 1}: {per_s:,.0f}/s ({times}); pgbench {theirs[-1]:,.0f}/s")
    return [
        figure("query", statistics.median(ours), "1/s", statistics.median(theirs), ">= 0.4x"),
        figure("query_p99", latency["p99_us"] / 1000, "ms"),
    ]


def visible(state):
    """Commit to visible through Kafka, at half the rate that command found."""
    rate = state.commands_per_s / 2
    print(f"==> visible: commit to visible at {rate:,.0f} commands/s, open loop", flush=True)
    pairs = state.instance.home / "pairs"
    state.targets  # makes the data
    pairs.write_text("".join(f"{t[0]} {t[1]}\n" for t in state.instance.targets), encoding="ascii")
    state.instance.catch_up()
    generator = [state.instance.binary, "bench", "--workload", "visible", "--api", state.instance.url]
    generator += ["--rate", f"{rate:.1f}", "--seconds", str(state.round_s * state.rounds)]
    out = run([*generator, "--connections", str(CONNECTIONS), "--targets", pairs])
    result = json.loads(out.strip().splitlines()[-1])
    report(
        f"{result['samples']:,} samples at {result['rate']:,.0f}/s, {result['late']} of {result['sent']:,} "
        f"sent late; answers p50 {result['answered_p50_ms']:.1f} ms, p99 {result['answered_p99_ms']:.1f} ms"
    )
    if result["late"] > LATE_SHARE_MAX * result["sent"]:
        report("NOT VALID: the load did not come at its times, the machine is too busy with other things")
    return [
        figure("visible_p50", result["visible_p50_ms"], "ms"),
        figure("visible_p99", result["visible_p99_ms"], "ms", goal="<= 100 ms at half load"),
    ]


def footprint_idle(state):
    """Memory and threads before any load."""
    print("==> footprint, idle", flush=True)
    time.sleep(IDLE_S)
    state.memory_idle = state.instance.memory_mib()
    return [
        figure("memory_idle", state.memory_idle, "MiB", goal="<= 60 MiB"),
        figure("threads", state.instance.threads(), "threads"),
    ]


def footprint_load(state):
    """Memory under the load of command, and a restart on what it wrote."""
    print("==> footprint, after load", flush=True)
    events = state.instance.events()
    state.instance.stop()
    ready = [state.instance.start()]
    for _ in range(2):
        state.instance.stop()
        ready.append(state.instance.start())
    report(f"start to ready with {events:,} events: {', '.join(f'{s:.2f} s' for s in ready)}")
    return [
        figure("memory_load", state.memory_load, "MiB", goal="<= 300 MiB"),
        figure("start_to_ready", statistics.median(ready), "s", goal="<= 2 s"),
    ]


def timed_build(directory, cached):
    source = HERE.parent.parent
    environment = os.environ | ({} if cached else {"CCACHE_DISABLE": "1"})
    begun = time.monotonic()
    run(["cmake", "--preset", "release", "-S", source, "-B", directory], env=environment, cwd=source)
    run(["cmake", "--build", directory], env=environment)
    return time.monotonic() - begun


def build(_state):
    """A whole build, tests included: without ccache, with what ccache knows, and with nothing to do."""
    print("==> build: this takes minutes", flush=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="annals-build-"))
    try:
        cold = timed_build(directory, False)
        shutil.rmtree(directory)
        timed_build(directory, True)
        shutil.rmtree(directory)
        warm = timed_build(directory, True)
        nothing = timed_build(directory, True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    names = {"build_cold": cold, "build_ccache": warm, "build_nothing": nothing}
    return [figure(name, seconds, "s") for name, seconds in names.items()]
